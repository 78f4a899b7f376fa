@echo off
rem SPDX-License-Identifier: Apache-2.0
rem Removes update KB971033 (Windows Activation Technologies) from a volume-licensed
rem Windows 7: Microsoft KB 4487266. Run it elevated or as SYSTEM, from the folder that
rem also holds its host list (same name, .hosts.txt), best on a local disk:
rem     1-remove-kb971033.cmd [/force]
rem Machines that are not in the list are refused; /force runs on them too, and lifts nothing
rem else. Machines with an OEM or retail licence are left alone in any case.
rem A name without a domain in the list stands for machines of that name in any domain: the
rem log has a warning then.
rem Decline the update in WSUS or ConfigMgr first, or it comes back.
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
rem     16    the state of the package could not be read; nothing was done
rem     17    another run of this script or of 2-rebuild is at work on this machine
rem     20    wusa and dism were tried, the update is still installed, or its state cannot be
rem           read any more: see the log, and CBS.log and DISM.log beside it
rem     24    the licence is an OEM or retail one: the update belongs there
rem     25    WMI does not tell the licence, and the machine was not in the list (/force)
rem Log: %SystemRoot%\Logs\spptriage-remediation.log (only administrators write there); while
rem the script works, and where that one is locked, spptriage-remediation-RUN.log beside it.
rem HKLM\SOFTWARE\spptriage: what the last run was and how it ended; Remove has its exit code.
setlocal EnableExtensions DisableDelayedExpansion
rem Variables of these names would hide the built-in ones, or add options to commands.
for %%V in (ERRORLEVEL DATE TIME RANDOM DIRCMD COPYCMD) do set "%%V="
set "script=1-remove-kb971033"
set "version=0.1.0"
set "system32=%SystemRoot%\System32"
set "logs=%SystemRoot%\Logs"
set "common_log=%logs%\spptriage-remediation.log"
set "lock=%logs%\spptriage-remediation.lock"
set "memory=HKLM\SOFTWARE\spptriage"
set "windows_nt=HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
set "wmic=%system32%\wbem\WMIC.exe"
set "result_value=Rebuild"
if "%script:~0,2%"=="1-" set "result_value=Remove"
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
rem The hive of LOCAL SERVICE is always loaded, and closed to all but administrators and SYSTEM;
rem unlike "net session" this needs no service.
%system32%\reg.exe query "HKU\S-1-5-19" >nul 2>&1
if errorlevel 1 goto not_elevated
call :name_run
if not defined run goto no_log
rem One run at a time: cmd.exe holds the lock open as the standard error of all that follows,
rem and Windows closes it whatever ends this script and what it has started. Where another run
rem holds it, nothing is run. Something else may look at the file for a moment.
set "ended="
for /l %%I in (1,1,3) do if not defined ended call :try_to_run
if not defined ended goto busy
rmdir /s /q "%own%" >nul 2>&1
exit /b %ended%

:try_to_run
call :run 2>"%lock%"
if not defined ended %system32%\ping.exe -n 2 127.0.0.1 >nul
exit /b 0

:busy
rmdir /s /q "%own%" >nul 2>&1
set "log=%common_log%"
call :log lock refused 17 another run of a script is at work here, or its lock cannot be opened
call :log end refused 17
exit /b 17

:run
rem What follows the checks is the script's own part, work; it returns the exit code.
set "ended=15"
call :take_up_log
if errorlevel 1 goto no_log
call :log start info - version %version%
call :check_machine
set "ended=%errorlevel%"
if "%ended%"=="0" call :start_work
call :tell_result
call :join_logs
exit /b 0

:start_work
call :work
set "ended=%errorlevel%"
exit /b 0


:work
call :read_package_state
call :log package info - the package of KB971033 is %package_state%
if "%package_state%"=="unknown" goto state_unknown
if "%package_state%"=="removing" goto removing_already
if "%package_state%"=="absent" if defined restart_owed goto removed_before
if "%package_state%"=="absent" goto not_installed

call :check_licence
if errorlevel 1 exit /b %errorlevel%

rem Exit codes of wusa and dism are logged, but the package's state decides.
set "restart="
call :step wusa wusa /uninstall /kb:971033 /quiet /norestart
%system32%\wusa.exe /uninstall /kb:971033 /quiet /norestart <nul >>"%sink%" 2>&1
set "code=%errorlevel%"
call :read_package_state
call :log wusa info %code% the package is %package_state%
if "%code%"=="3010" set "restart=1"
set "dism="
if not defined restart set "dism=1"
if "%package_state%"=="installed" set "dism=1"
if defined dism if defined packages call :remove_packages

rem   package_state      after wusa and dism
rem   unknown            20
rem   installed          20
rem   installed-pending  3010 where they asked for a restart, else 20
rem   removing, absent-pending, absent    3010: the article wants a restart after a removal
if "%package_state%"=="installed" goto still_installed
if "%package_state%"=="installed-pending" if not defined restart goto still_installed
call :note_restart
if "%package_state%"=="unknown" goto lost_sight
if "%package_state%"=="installed-pending" goto removing_already
call :log remove ok 3010 KB971033 is removed, or goes with the next start of Windows: restart
exit /b 3010

:lost_sight
call :log package failed 20 the state of the package could be read before wusa, and not after it
exit /b 20

:not_installed
call :log absent ok 0 KB971033 is not installed
exit /b 0

:removing_already
call :log remove info 3010 the removal of KB971033 ends with the next start of Windows: restart
exit /b 3010

:removed_before
call :log absent ok 3010 KB971033 was removed since Windows started: restart
exit /b 3010

:still_installed
call :log remove failed 20 KB971033 is still installed
exit /b 20

:state_unknown
call :log package refused 16 the state of the package of KB971033 could not be read
exit /b 16

:remove_packages
rem What wusa left, by dism, each package by its own name.
for %%P in (%packages%) do call :remove_package "%%~P"
call :read_package_state
call :log dism info - the package is %package_state%
exit /b 0

:remove_package
rem %1 package name.
call :step dism dism /online /Remove-Package /quiet /norestart
%system32%\dism.exe /online /Remove-Package /PackageName:%~1 /quiet /norestart <nul >>"%sink%" 2>&1
set "code=%errorlevel%"
set "detail=%~1"
call :log dism info %code%
if "%code%"=="3010" set "restart=1"
exit /b 0

:note_restart
rem See read_package_state. Both say which run it was.
%system32%\reg.exe add "HKLM\HARDWARE\DESCRIPTION\System" /v SpptriageRestart /t REG_SZ /d "%run%" /f >nul 2>&1
if errorlevel 1 exit /b 0
%system32%\reg.exe add "%memory%" /v Removed /t REG_SZ /d "%run%" /f >nul 2>&1
exit /b 0

:check_licence
rem 0 when a licence that has a key is a volume one, else the exit code. Descriptions of licences
rem are the same in every language. Where WMI tells of none, as with a broken token store, the
rem host list is what the analysis of the machine's logs says, or the product id of the set-up.
set "volume="
set "other_licence="
call :read_licences
if defined volume exit /b 0
if defined other_licence goto is_other_licence
call :read_product
if "%product%"=="oem" set "other_licence=product id %product_id%"
if defined other_licence goto is_other_licence
if defined force if not "%product%"=="kms" goto licence_unknown
call :log licence warning - WMI tells of no licence with a key: the list or the product id decides
exit /b 0

:take_licence
rem A description is such as "Windows Operating System - Windows(R) 7, VOLUME_KMSCLIENT channel".
if not defined description exit /b 0
set "without=%description:VOLUME_=%"
if "%without%"=="%description%" set "other_licence=%description%"
if not "%without%"=="%description%" set "volume=1"
exit /b 0

:is_other_licence
set "detail=%other_licence%"
call :log licence refused 24 the licence is not a volume one:
exit /b 24

:licence_unknown
call :log licence refused 25 WMI tells of no licence with a key, and the host list was not asked
exit /b 25

:wrong_use
echo use: %script%.cmd [/force]
exit /b 10

:no_native_cmd
echo %script%: the 64-bit cmd.exe of this Windows could not be used
exit /b 14

:not_elevated
echo %script%: run this as administrator, in an elevated command prompt
exit /b 11

:no_log
echo %script%: cannot write "%log%"
exit /b 15

:locate
rem In a subroutine, unlike at the top, %0 names the script however it was called.
set "self=%~f0"
set "hosts=%~dpn0.hosts.txt"
exit /b 0

rem ---- Log and registry: what people and programs read of a run ----

:name_run
rem Sets run, the name of this run, which no other has: it is claimed by making the folder own,
rem for which files of the moment are. RANDOM alone is the same in scripts that start within one
rem second. Sets log, the run's own file: nobody else has that one open. Sets no run where
rem nothing can be written.
set "machine_word=-"
if defined COMPUTERNAME set "machine_word=%COMPUTERNAME: =_%"
set "utc_of="
set "detail="
set "run="
set "log=%logs%"
set "last_step=start"
call :read_utc
set "stamp=%utc::=%"
set "stamp=%stamp:-=%"
for /l %%I in (1,1,50) do if not defined run call :claim_run %stamp%-%RANDOM%-%%I
if not defined run exit /b 0
set "own=%logs%\spptriage-run-%run%"
set "answer=%own%\answer.txt"
set "log=%logs%\spptriage-remediation-%run%.log"
exit /b 0

:claim_run
rem %1 name. mkdir does not clear an earlier errorlevel when it succeeds, so that is not asked.
mkdir "%logs%\spptriage-run-%1" >nul 2>&1 && set "run=%1"
if not exist "%logs%\spptriage-run-%1" set "run="
exit /b 0

:take_up_log
rem 1 when the log cannot be opened. A redirection that fails sets no errorlevel, but what it is
rem of is not run.
set "opened="
call :mark_as_opened 2>nul >>"%log%"
if not defined opened exit /b 1
exit /b 0

:mark_as_opened
set "opened=1"
exit /b 0

:log
rem %1 step, %2 result (begin, ok, failed, refused, warning, info), %3 exit status or number of
rem an error, or "-"; the rest, and then the variable detail, for people. One line in a fixed
rem form:
rem     spptriage/1 UTC MACHINE SCRIPT RUN STEP RESULT NUMBER WORDS
rem detail holds what was read on the machine: it is put in last and never run as a command.
call :read_utc
set "last_step=%1"
set "line=spptriage/1 %utc% %machine_word% %script% %run% %*"
setlocal EnableDelayedExpansion
if defined detail set "line=!line! !detail!"
echo !line!
>>"!log!" echo !line!
endlocal
set "detail="
exit /b 0

:step
rem As log, for a step that changes the machine: %1 step, the rest its words. The registry has
rem its name while it works. Sets sink, where the output of its commands goes: the log, or
rem nothing where the log cannot be opened just now, since a command whose output cannot be
rem written is not run.
for /f "tokens=1,*" %%A in ("%*") do call :log %%A begin - %%B
%system32%\reg.exe add "%memory%" /v Step /t REG_SZ /d "%~1" /f >nul 2>&1
set "sink=nul"
call :take_up_log
if not errorlevel 1 set "sink=%log%"
exit /b 0

:tell_result
rem The end of the run, in the log and in the registry, for deployment tools. Of a script that is
rem not for this machine the registry says nothing: what one did that is for it stays to be read.
set "result=failed"
if "%ended%"=="0" set "result=ok"
if "%ended%"=="3010" set "result=ok"
for %%E in (12 13 16 21 22 23 24 25 26 27 28) do if "%ended%"=="%%E" set "result=refused"
set "step_told=%last_step%"
call :log end %result% %ended%
for %%E in (12 13 22) do if "%ended%"=="%%E" exit /b 0
set "told="
call :tell Script "%script%"
call :tell Version "%version%"
call :tell Machine "%machine_word%"
call :tell Run "%run%"
call :tell Time "%utc%"
call :tell Step "%step_told%"
call :tell %result_value% "%ended%"
call :tell ExitStatus "%ended%"
if defined told call :log registry warning - not all could be written into %memory%
exit /b 0

:tell
rem %1 value, %2 data. Sets told when it could not be written.
%system32%\reg.exe add "%memory%" /v %1 /t REG_SZ /d %2 /f >nul 2>&1
if errorlevel 1 set "told=no"
exit /b 0

:join_logs
rem Adds this run's log, and those of runs that were cut off, to the common one where that can be
rem opened; else they stay, and the next run adds them. No other run is at work: this one has the
rem lock.
for /f "delims=" %%L in ('dir /b /o:n "%logs%\spptriage-remediation-*.log" 2^>nul') do call :join_one_log "%logs%\%%L"
exit /b 0

:join_one_log
set "joined="
call :type_log "%~1" 2>nul >>"%common_log%"
if defined joined del /f /q "%~1" >nul 2>&1
exit /b 0

:type_log
rem A log that was cut off may end within a line.
echo.
type "%~1" && set "joined=1"
exit /b 0

:read_utc
rem Sets utc to the time as 2019-01-20T10:00:00Z, to "-" where it cannot be told. robocopy is
rem the one program of Windows that prints the time alike in every language: in the line of an
rem error, here that of a folder that no name can be. ActiveTimeBias is what to add to the local
rem time, in minutes. Not asked again within a second.
if "%TIME:~0,8%"=="%utc_of%" exit /b 0
set "utc_of=%TIME:~0,8%"
set "utc=-"
set "local_time="
for /f "tokens=1-6 delims=/: " %%A in ('%system32%\robocopy.exe "|" . /njh /r:0 2^>nul') do (
    if not defined local_time set "local_time=%%A %%B %%C %%D %%E %%F"
)
if not defined local_time exit /b 0
call :read_value bias "HKLM\SYSTEM\CurrentControlSet\Control\TimeZoneInformation" ActiveTimeBias 2
if not defined bias exit /b 0
call :take_utc %local_time%
exit /b 0

:take_utc
rem %1 to %6 year, month, day, hour, minute and second, local; bias is as reg prints it. The
rem days are counted as by Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
set "bias=0000%bias:~2%"
set /a "bias=0x%bias:~-4%"
if %bias% geq 32768 set /a "bias-=65536"
set /a "year=0, month=0, day=0"
set /a "year=%1, month=1%2-100, day=1%3-100, hour=1%4-100, minute=1%5-100, second=1%6-100" 2>nul
for %%N in (%month% %day%) do if %%N lss 1 exit /b 0
if %year% lss 1970 exit /b 0
if %year% gtr 3000 exit /b 0
set /a "months=(month+9) %% 12"
set /a "year-=months/10"
set /a "days=365*year+year/4-year/100+year/400+(153*months+2)/5+day-1"
set /a "minutes=days*1440+hour*60+minute+bias"
set /a "days=minutes/1440, minutes=minutes %% 1440, hour=minutes/60, minute=minutes %% 60"
set /a "era=days/146097, days=days %% 146097"
set /a "year=(days-days/1460+days/36524-days/146096)/365"
set /a "days-=365*year+year/4-year/100, months=(5*days+2)/153"
set /a "day=101+days-(153*months+2)/5, month=103+months, year+=400*era"
if %month% gtr 112 set /a "month-=12, year+=1"
set /a "hour+=100, minute+=100, second+=100"
set "utc=%year%-%month:~1%-%day:~1%T%hour:~1%:%minute:~1%:%second:~1%Z"
exit /b 0

rem ---- What the machine is ----

:check_machine
rem The checks that both scripts begin with: 0 to go on, or the exit code to end with.
call :read_value version_found "%windows_nt%" CurrentVersion 2
call :read_value installation "%windows_nt%" InstallationType 2
call :read_value product "HKLM\SYSTEM\CurrentControlSet\Control\ProductOptions" ProductType 2
set detail="%version_found%" "%installation%" "%product%"
call :log machine info - Windows
if not "%version_found%"=="6.1" goto not_windows_7
if /i not "%installation%"=="Client" goto not_windows_7
if /i not "%product%"=="WinNT" goto not_windows_7
if defined force call :log list info - /force: the host list is not asked
if defined force exit /b 0
call :check_host_list
if not defined listed goto not_listed
exit /b 0

:not_windows_7
call :log machine refused 12 this is not Windows 7
exit /b 12

:not_listed
call :log list refused 13 this machine is not in %script%.hosts.txt beside the script
exit /b 13

:check_host_list
rem Sets listed when a line of the list is, without regard to case, a name of this machine:
rem the NetBIOS name or the host name, alone or with the primary DNS suffix, which a policy can
rem set as well. The logs may have named a machine without its suffix, so a name alone counts in
rem every domain.
set "listed="
set "tcpip=HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters"
set "dns_policy=HKLM\SOFTWARE\Policies\Microsoft\System\DNSClient"
call :read_value host "%tcpip%" Hostname 2
call :read_value new_host "%tcpip%" "NV Hostname" 3
call :read_value domain "%tcpip%" Domain 2
call :read_value new_domain "%tcpip%" "NV Domain" 3
call :read_value policy_domain "%dns_policy%" PrimaryDnsSuffix 2
call :read_value new_policy_domain "%dns_policy%" "NV PrimaryDnsSuffix" 3
set domains="%domain%" "%new_domain%" "%policy_domain%" "%new_policy_domain%"
set names="%COMPUTERNAME%" "%host%" "%new_host%"
set full_names=""
for %%D in (%domains%) do if not "%%~D"=="" call :add_full_names "%%~D"
if not exist "%hosts%" exit /b 0
call :look_into_list %full_names%
if defined listed exit /b 0
call :look_into_list %names%
if not defined listed exit /b 0
set "warned="
for %%D in (%domains%) do if not "%%~D"=="" call :warn_of_short_name "%%~D"
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
if /i "%warned%"=="%~1" exit /b 0
set "warned=%~1"
set "detail=%~1"
call :log list warning - the list has this name without a domain; is it this machine, of
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

rem ---- The licence ----

:read_licences
rem Calls take_licence for each licence of Windows that has a key. Sets licences where WMI lists
rem any, wmi where it works at all, settled where its answer is to be relied on. Every Windows 7
rem lists some, with a key or not: none at all means that the token store is broken. WMI and
rem sppsvc can be slow or out of order for a while, as when Windows starts: so there is more than
rem one try, and that no licence has a key counts when two answers in turn say so.
set "wmi="
set "licences="
set "settled="
set "lacking="
for /l %%I in (1,1,5) do if not defined settled call :read_licences_once
call :ask_wmi path Win32_OperatingSystem get Version
if not errorlevel 1 set "wmi=1"
exit /b 0

:read_licences_once
set "keyed="
set "listed="
set "wanted=ApplicationID='55c92734-d682-4d71-983e-d6ec3f16059f' and LicenseIsAddon=false"
set "properties=Description,ID,IsKeyManagementServiceMachine,PartialProductKey"
call :ask_wmi path SoftwareLicensingProduct where "%wanted%" get %properties%
if errorlevel 1 goto no_licences
for /f "tokens=1,* delims==" %%A in ('type "%answer%"') do call :take_property %%A "%%B"
if not defined listed goto no_licences
set "licences=1"
if defined keyed set "settled=1"
if defined lacking set "settled=1"
set "lacking=1"
if not defined settled %system32%\ping.exe -n 4 127.0.0.1 >nul
exit /b 0

:no_licences
set "lacking="
%system32%\ping.exe -n 11 127.0.0.1 >nul
exit /b 0

:take_property
rem %1 property, %2 its value, which may end in a carriage return. wmic lists the properties in the
rem order of the alphabet, licence by licence.
set "value="
if not "%~2"=="" for /f "delims=" %%A in ("%~2") do set "value=%%A"
if "%1"=="Description" set "description=%value%"
if "%1"=="IsKeyManagementServiceMachine" set "serves=%value%"
if "%1"=="ID" set "licence=%value%"
if "%1"=="ID" set "listed=1"
if not "%1"=="PartialProductKey" exit /b 0
if not defined value exit /b 0
set "keyed=1"
call :take_licence
exit /b 0

:ask_wmi
rem %* what wmic is asked. Leaves its answer in the file answer, or ends with 1. In a file it is
rem UTF-16, which type turns into what for can read.
del /f /q "%answer%" >nul 2>&1
%wmic% %* /value <nul >"%answer%" 2>nul
if not "%errorlevel%"=="0" exit /b 1
if not exist "%answer%" exit /b 1
exit /b 0

:read_product
rem Sets product to what the product id of the set-up says: kms, oem, or nothing.
set "product="
call :read_value product_id "%windows_nt%" ProductId 2
if "%product_id:~0,20%"=="00392-918-5000002-85" set "product=kms"
if "%product_id:~0,20%"=="00371-868-0000007-85" set "product=kms"
if "%product_id:~5,5%"=="-OEM-" set "product=oem"
exit /b 0

rem ---- The package of the update ----

:read_package_state
rem Sets package_state by the table below, from the registry of Component Based Servicing, which
rem dism shows in words of the display language, and packages to the names of those that are
rem installed: of any version, for both architectures. restart_owed is set when it was removed
rem since Windows started: that value is in a hive that Windows makes anew each time.
set "servicing=HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing"
set "package_state=unknown"
set "packages="
%system32%\reg.exe query "%servicing%\Packages" >nul 2>&1
if errorlevel 1 exit /b 0
set "restart_waits="
%system32%\reg.exe query "%servicing%\RebootPending" >nul 2>&1
if not errorlevel 1 set "restart_waits=1"
set "package_state=absent"
call :read_value restart_owed "HKLM\HARDWARE\DESCRIPTION\System" SpptriageRestart 2
call :read_value removed_by "%memory%" Removed 2
set "restarted="
if defined removed_by if not defined restart_owed set "restarted=1"
set "looked_at="
set "package_name=Microsoft-Windows-Security-WindowsActivationTechnologies-Package~"
set "update_name=Package_for_KB971033~"
for %%K in (Packages PackagesPending) do (
    set "servicing_key=%servicing%\%%K"
    call :look_at_packages
)
exit /b 0

:look_at_packages
set "findstr=%system32%\findstr.exe"
set "names=/c:"%package_name%" /c:"%update_name%""
for /f "tokens=8 delims=\" %%L in ('%system32%\reg.exe query "%servicing_key%" 2^>nul ^| %findstr% /i /l %names%') do (
    call :look_at_package "%%L"
)
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
rem An entry of PackagesPending that is there after the restart that followed a removal of ours is
rem an old one: it counts no more where the package is absent, whatever else waits for a restart.
rem Of several packages the one that is worst counts: unknown, installed, installed-pending,
rem removing, absent-pending, absent.
for %%P in (%looked_at%) do if "%%~P"=="%~1" exit /b 0
set looked_at=%looked_at% "%~1"
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
if defined restarted if "%found%"=="absent-pending" set "found=absent"
if defined restart_waits if "%found%"=="absent-pending" set "found=removing"
if defined restart_waits if "%found%"=="installed-pending" set "found=removing"
set "detail=%~1"
call :log package info - CurrentState %state%, %found%:
if "%found%"=="installed" set packages=%packages% "%~1"
if "%found%"=="installed-pending" set packages=%packages% "%~1"
set "worst="
for %%S in (unknown installed installed-pending removing absent-pending absent) do (
    if not defined worst if "%%S"=="%found%" set "worst=%%S"
    if not defined worst if "%%S"=="%package_state%" set "worst=%%S"
)
set "package_state=%worst%"
exit /b 0

