@echo off
rem SPDX-License-Identifier: Apache-2.0
rem Removes update KB971033 (Windows Activation Technologies) from a volume-licensed
rem Windows 7: Microsoft KB 4487266. Run it elevated or as SYSTEM, from the folder that
rem also holds its host list (same name, .hosts.txt), best on a local disk:
rem     1-remove-kb971033.cmd [/force]
rem Machines that are not in the list are refused; /force runs on them too, and lifts nothing
rem else.
rem A name without a domain in the list stands for machines of that name in any domain: the
rem log has a warning then.
rem wusa does not work over a WinRM session: use a deployment tool, psexec or a task.
rem It never restarts the machine. After a restart it can be run again to make sure.
rem
rem Exit codes
rem     0     the update is not installed (any more)
rem     3010  removed, or its removal waits or may wait for a restart: restart the machine
rem     10    wrong use
rem     11    not elevated
rem     12    not Windows 7
rem     13    this machine is not in the host list, or the list is not there
rem     14    64-bit Windows, but its 64-bit cmd.exe could not be used
rem     15    the log could not be written
rem     16    the state of the package could not be read
rem     20    wusa and dism were tried, the update is still installed: see the log, and CBS.log
rem           and DISM.log beside it
rem Log: %SystemRoot%\Logs\spptriage-remediation.log (only administrators write there)
setlocal EnableExtensions DisableDelayedExpansion
rem Variables of these names would hide the built-in ones.
set "ERRORLEVEL="
set "DATE="
set "TIME="
set "script=1-remove-kb971033"
set "system32=%SystemRoot%\System32"
set "log=%SystemRoot%\Logs\spptriage-remediation.log"
call :locate

rem A 32-bit cmd.exe on 64-bit Windows sees another System32 and another registry: the
rem script starts itself again in the 64-bit one and hands on its exit code. That one puts in
rem the value of self, so that every character of the path stays within its quotes.
if not defined PROCESSOR_ARCHITEW6432 goto native
if defined spptriage_restarted goto no_native_cmd
if not exist "%SystemRoot%\Sysnative\cmd.exe" goto no_native_cmd
set "spptriage_restarted=1"
"%SystemRoot%\Sysnative\cmd.exe" /d /c ""%%self%%" %*"
exit /b %errorlevel%

:native
rem The arguments are read here, because call answers /? with its own help.
set "force="
if "%~1"=="" goto start
if /i not "%~1"=="/force" goto wrong_use
if not "%~2"=="" goto wrong_use
set "force=1"

:start
call :check_machine
if errorlevel 1 exit /b %errorlevel%

set "restart="
call :read_package_state
call :log the package of KB971033 is %package_state%
if "%package_state%"=="unknown" goto state_unknown
if "%package_state%"=="removing" goto restart_needed
if "%package_state%"=="absent" goto not_installed

rem Exit codes of wusa and dism are logged and only ever add the need to restart.
call :log wusa /uninstall /kb:971033 /quiet /norestart
start "" /wait %system32%\wusa.exe /uninstall /kb:971033 /quiet /norestart
set "code=%errorlevel%"
call :read_package_state
call :log wusa ended with %code%, the package is %package_state%
if "%code%"=="3010" set "restart=1"
if "%package_state%"=="unknown" goto judge
if "%package_state%"=="removing" goto judge
if "%package_state%"=="absent" goto judge
if defined restart if not "%package_state%"=="installed" goto judge

rem Names of packages are the same in every display language.
set "package="
call :find_listed_package "Microsoft-Windows-Security-WindowsActivationTechnologies-Package~31bf3856ad364e35~amd64~~7.1.7600.16395"
call :find_listed_package "Microsoft-Windows-Security-WindowsActivationTechnologies-Package~31bf3856ad364e35~x86~~7.1.7600.16395"
if not defined package call :log dism /online /get-packages does not name the package
if not defined package goto judge
call :log dism /online /Remove-Package /PackageName:%package% /quiet /norestart
%system32%\dism.exe /online /Remove-Package /PackageName:%package% /quiet /norestart <nul >>"%log%" 2>&1
set "code=%errorlevel%"
call :read_package_state
call :log dism ended with %code%, the package is %package_state%
if "%code%"=="3010" set "restart=1"

:judge
rem The table of these states stands at look_at_package.
if "%package_state%"=="unknown" goto state_unknown
if "%package_state%"=="removing" goto restart_needed
if "%package_state%"=="installed" goto still_installed
if defined restart goto restart_needed
if "%package_state%"=="absent-pending" goto restart_needed
if not "%package_state%"=="absent" goto still_installed

:not_installed
call :log done: KB971033 is not installed
exit /b 0

:restart_needed
call :log restart needed: the removal of KB971033 ends with the next start of Windows
exit /b 3010

:still_installed
call :log failed: KB971033 is still installed
exit /b 20

:state_unknown
call :log failed: the state of the package of KB971033 could not be read
exit /b 16

:find_listed_package
rem %1 package name. Sets package to it when dism lists it and none was found before.
if defined package exit /b 0
%system32%\dism.exe /online /get-packages 2>nul | %system32%\findstr.exe /i /l /c:"%~1" >nul
if not errorlevel 1 set "package=%~1"
exit /b 0

:wrong_use
echo use: %script%.cmd [/force]
exit /b 10

:no_native_cmd
echo %script%: the 64-bit cmd.exe of this Windows could not be used
exit /b 14

:locate
rem In a subroutine, unlike at the top, %0 names the script however it was called.
set "self=%~f0"
set "hosts=%~dpn0.hosts.txt"
exit /b 0

:log
rem %* one line for the screen and the log, without characters that cmd treats specially.
echo %script%: %*
echo %date% %time% %COMPUTERNAME% %script%: %* >>"%log%" 2>nul
exit /b 0

:check_machine
rem The checks that both scripts begin with: 0 to go on, or the exit code to end with.
rem The hive of LOCAL SERVICE is always loaded, and closed to all but administrators and
rem SYSTEM. Unlike "net session" this needs no service.
%system32%\reg.exe query "HKU\S-1-5-19" >nul 2>&1
if errorlevel 1 goto not_elevated
echo. >>"%log%" 2>nul || goto no_log
set "windows_nt=HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
call :read_value version "%windows_nt%" CurrentVersion 2
call :read_value installation "%windows_nt%" InstallationType 2
call :read_value product "HKLM\SYSTEM\CurrentControlSet\Control\ProductOptions" ProductType 2
call :log started on Windows "%version%" "%installation%" "%product%"
if not "%version%"=="6.1" goto not_windows_7
if /i not "%installation%"=="Client" goto not_windows_7
if /i not "%product%"=="WinNT" goto not_windows_7
if defined force call :log /force: the host list is not asked
if defined force exit /b 0
call :check_host_list
if not defined listed goto not_listed
exit /b 0

:not_elevated
echo %script%: run this as administrator, in an elevated command prompt
exit /b 11

:no_log
echo %script%: cannot write "%log%"
exit /b 15

:not_windows_7
call :log refused: this is not Windows 7
exit /b 12

:not_listed
call :log refused: this machine is not in %script%.hosts.txt beside the script
exit /b 13

:check_host_list
rem Sets listed when a line of the list is, without regard to case, a name of this machine:
rem the NetBIOS name or the host name, alone or with the primary DNS suffix. The logs may
rem have named a machine without its suffix, so a name alone counts in every domain.
set "listed="
set "tcpip=HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters"
call :read_value host "%tcpip%" Hostname 2
call :read_value new_host "%tcpip%" "NV Hostname" 3
call :read_value domain "%tcpip%" Domain 2
call :read_value new_domain "%tcpip%" "NV Domain" 3
set names="%COMPUTERNAME%" "%host%" "%new_host%"
set full_names=""
for %%D in ("%domain%" "%new_domain%") do if not "%%~D"=="" call :add_full_names "%%~D"
if not exist "%hosts%" exit /b 0
call :look_into_list %full_names%
if defined listed exit /b 0
call :look_into_list %names%
if not defined listed exit /b 0
for %%D in ("%domain%" "%new_domain%") do if not "%%~D"=="" call :warn_of_short_name "%%~D"
exit /b 0

:look_into_list
rem %* names of this machine. Sets listed when one of them is a line of the list; no line is
rem empty, so an empty name is none.
for /f "usebackq" %%L in ("%hosts%") do for %%N in (%*) do if /i "%%~L"=="%%~N" set "listed=1"
exit /b 0

:add_full_names
rem %1 DNS suffix.
set full_names=%full_names% "%COMPUTERNAME%.%~1" "%host%.%~1" "%new_host%.%~1"
exit /b 0

:warn_of_short_name
rem %1 DNS suffix.
call :log warning: the list has this name without a domain; is this machine, of "%~1", meant?
exit /b 0

:read_value
rem %1 variable, %2 key, %3 value, %4 how many words the value's name has, and one more.
rem Sets the variable to the data, to nothing where there is none. What reg prints there is
rem the same in every display language: name, type, data.
set "%~1="
for /f "tokens=%~4,*" %%A in ('%system32%\reg.exe query "%~2" /v "%~3" 2^>nul') do (
    if "%%A"=="REG_SZ" set "%~1=%%B"
    if "%%A"=="REG_DWORD" set "%~1=%%B"
)
exit /b 0

:read_package_state
rem Sets package_state by the table below, from the registry of Component Based Servicing,
rem which dism shows in words of the display language.
set "servicing=HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing"
set "package_state=unknown"
%system32%\reg.exe query "%servicing%\Packages" >nul 2>&1
if errorlevel 1 exit /b 0
set "restart_waits="
%system32%\reg.exe query "%servicing%\RebootPending" >nul 2>&1
if not errorlevel 1 set "restart_waits=1"
set "package_state=absent"
call :look_at_package "Microsoft-Windows-Security-WindowsActivationTechnologies-Package~31bf3856ad364e35~amd64~~7.1.7600.16395"
call :look_at_package "Microsoft-Windows-Security-WindowsActivationTechnologies-Package~31bf3856ad364e35~x86~~7.1.7600.16395"
exit /b 0

:look_at_package
rem %1 package name. CurrentState counts in steps of 0x10 (Microsoft, "CBS Servicing States
rem Chart") or, in older servicing stacks, of 1: 0 absent, 10 resolving, 20 resolved,
rem 30 staging, 40 staged, 50 superseded, 60 install pending, 65 partially installed,
rem 70 installed, 80 permanent; 5 is uninstall pending in both. An entry in PackagesPending
rem is a change that waits for a restart, or what an old one left behind: RebootPending, which
rem goes with the next start of Windows, tells.
rem   CurrentState                 entry  RebootPending  package_state
rem   not there, 0 to 4, 10 to 40  no     any            absent
rem   not there, 0 to 4, 10 to 40  yes    no             absent-pending
rem   not there, 0 to 4, 10 to 40  yes    yes            removing
rem   5                            any    any            removing
rem   7, 8, 50, 70, 80             no     any            installed
rem   7, 8, 50, 70, 80             yes    no             installed-pending
rem   7, 8, 50, 70, 80             yes    yes            removing
rem   6, 60, 65: its installation  any    any            installed
rem   any other, or unreadable     any    any            unknown
rem Script 1 ends at once with absent (0), removing (3010) and unknown (16). Else it tries to
rem remove the update and looks again: absent is 0 now, or 3010 where wusa or dism asks for a
rem restart, removing is 3010, unknown 16, installed 20, installed-pending 3010 where they ask
rem for a restart, else 20, and absent-pending 3010, as there is nothing left to remove.
rem Script 2 goes on with absent alone.
set "waiting="
%system32%\reg.exe query "%servicing%\PackagesPending\%~1" >nul 2>&1
if not errorlevel 1 set "waiting=1"
set "state=none"
%system32%\reg.exe query "%servicing%\Packages\%~1" >nul 2>&1
if not errorlevel 1 call :read_value state "%servicing%\Packages\%~1" CurrentState 2
set "found=unknown"
for %%S in (none 0x0 0x1 0x2 0x3 0x4 0x10 0x20 0x30 0x40) do if "%state%"=="%%S" set "found=absent"
for %%S in (0x6 0x7 0x8 0x50 0x60 0x65 0x70 0x80) do if "%state%"=="%%S" set "found=installed"
if "%state%"=="0x5" set "found=removing"
if defined waiting if "%found%"=="absent" set "found=absent-pending"
if defined waiting for %%S in (0x7 0x8 0x50 0x70 0x80) do if "%state%"=="%%S" set "found=installed-pending"
if defined restart_waits if "%found%"=="absent-pending" set "found=removing"
if defined restart_waits if "%found%"=="installed-pending" set "found=removing"
if not "%state%"=="none" call :log package "%~1": CurrentState "%state%", %found%
if defined waiting call :log package "%~1": waits for a restart, or did: %found%
if "%package_state%"=="unknown" exit /b 0
if not "%found%"=="absent" set "package_state=%found%"
exit /b 0

