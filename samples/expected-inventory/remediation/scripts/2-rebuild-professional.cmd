@echo off
rem SPDX-License-Identifier: Apache-2.0
rem Rebuilds the activation files of a volume-licensed Windows 7 and activates it by KMS:
rem Microsoft KB 4487266. Only for: Professional.
rem Run it after 1-remove-kb971033.cmd and the restart, elevated or as SYSTEM, from the
rem folder that also holds its host list (same name, .hosts.txt), best on a local disk:
rem     2-rebuild-professional.cmd [/force]
rem Machines that are not in the list are refused; /force runs on them too. A KMS host, a
rem machine with another licence than its edition's KMS client one, and one whose WMI does
rem not tell the licence are refused with /force as well.
rem A name without a domain in the list stands for machines of that name in any domain: the
rem log has a warning then.
rem It can be run twice: where an earlier run ended well and the machine is activated, it ends
rem with 0 and changes nothing; /force rebuilds even so. HKLM\SOFTWARE\spptriage remembers.
rem tokens.dat and cache.dat are kept beside the new ones, as NAME.spptriage-NUMBER. Add-on
rem keys, such as those of extended security updates, have to be entered again afterwards.
rem
rem Exit codes
rem     0     rebuilt and activated, now or by an earlier run
rem     10    wrong use
rem     11    not elevated
rem     12    not Windows 7
rem     13    this machine is not in the host list, or the list is not there
rem     14    64-bit Windows, but its 64-bit cmd.exe could not be used
rem     15    the log could not be written
rem     16    the state of the package of KB971033 could not be read
rem     21    KB971033 is installed, or its removal waits or may wait for a restart
rem     22    another edition of Windows 7
rem     23    this machine is a KMS host
rem     24    the licence is not the KMS client one of the edition (MAK, OEM, retail)
rem     25    WMI does not tell the licence
rem     26    the state of the services sppsvc and sppuinotify could not be read
rem     30    a step failed: services are as they were, files set aside are back unless the
rem           service had made new ones
rem     31    rebuilt, but not activated (no KMS host answered?): services are as they were
rem Log: %SystemRoot%\Logs\spptriage-remediation.log (only administrators write there)
setlocal EnableExtensions DisableDelayedExpansion
rem Variables of these names would hide the built-in ones.
set "ERRORLEVEL="
set "DATE="
set "TIME="
set "script=2-rebuild-professional"
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

set "result=30"
set "wmic=%system32%\wbem\WMIC.exe"
set "store=%windir%\ServiceProfiles\NetworkService\AppData\Roaming\Microsoft\SoftwareProtectionPlatform"
for %%V in (cleared started tokens_aside cache_aside key_installed licensed rebuilt) do set "%%V="
rem Value Rebuilt: the activation id of the licence that a run of this script activated.
set "memory=HKLM\SOFTWARE\spptriage"

call :read_package_state
if "%package_state%"=="unknown" goto state_unknown
if not "%package_state%"=="absent" goto package_there

call :read_value edition_id "%windows_nt%" EditionID 2
set "key="
set "activation_id="
call :offer_edition Professional FJ82H-XT6CR-J8D7P-XQJJ2-GPDD4 b92e9980-b9d5-4821-9c94-140f632f6312
if not defined key goto other_edition

rem As found, before WMI starts sppsvc.
call :read_service_state sppsvc
set "sppsvc_found=%service_state%"
call :read_service_state sppuinotify
set "sppuinotify_found=%service_state%"
call :read_start_type sppuinotify
set "start_found=%start_type%"
call :log found sppsvc in state "%sppsvc_found%", sppuinotify "%sppuinotify_found%" "%start_found%"
if "%sppsvc_found%"=="absent" goto services_unknown
if "%sppsvc_found%"=="unknown" goto services_unknown
if "%sppuinotify_found%"=="unknown" goto services_unknown
if not "%sppuinotify_found%"=="absent" if not defined start_found goto services_unknown

call :check_licence
if errorlevel 1 exit /b %errorlevel%
if not defined force call :look_for_earlier_run
if defined rebuilt if defined licensed goto already_rebuilt

rem Until this run has ended well too.
call :forget_earlier_run
if errorlevel 1 goto not_forgotten

call :log net stop sppuinotify
%system32%\net.exe stop sppuinotify /y <nul >>"%log%" 2>&1
call :await_state sppuinotify 1
if errorlevel 1 goto failed
call :log sc config sppuinotify start= disabled
%system32%\sc.exe config sppuinotify start= disabled >>"%log%" 2>&1
call :expect_start_type sppuinotify disabled
if errorlevel 1 goto failed

rem Anything that asks for the licence starts sppsvc again: hence more than one try.
for /l %%I in (1,1,3) do if not defined cleared call :clear_store
if not defined cleared goto failed

call :log net start sppsvc
%system32%\net.exe start sppsvc <nul >>"%log%" 2>&1
call :await_state sppsvc 4
if errorlevel 1 goto failed
set "started=1"

rem slmgr.vbs ends with the error number of what failed, but with 0 when /ato leaves the
rem machine unlicensed. So WMI is asked for the key and the status that should be there.
for /l %%I in (1,1,3) do if not defined key_installed call :install_key
if not defined key_installed goto failed
call :log slmgr.vbs /ato
%system32%\cscript.exe //nologo //e:vbscript %system32%\slmgr.vbs /ato <nul >>"%log%" 2>&1
call :log slmgr.vbs /ato ended with %errorlevel%
for /l %%I in (1,1,6) do if not defined licensed call :look_at_status
if not defined licensed goto not_activated

call :log sc config sppuinotify start= demand
%system32%\sc.exe config sppuinotify start= demand >>"%log%" 2>&1
call :expect_start_type sppuinotify demand
if errorlevel 1 goto failed
%system32%\reg.exe add "%memory%" /v Rebuilt /t REG_SZ /d %activation_id% /f >>"%log%" 2>&1
if errorlevel 1 call :log warning: could not be remembered, another run will rebuild again
call :log done: rebuilt and activated
exit /b 0

:already_rebuilt
call :log done: an earlier run has rebuilt it, and the machine is activated
exit /b 0

:package_there
call :log refused: KB971033 is %package_state%: run 1-remove-kb971033.cmd and restart first
exit /b 21

:state_unknown
call :log refused: the state of the package of KB971033 could not be read
exit /b 16

:other_edition
call :log refused: this script is not for the edition "%edition_id%"
exit /b 22

:services_unknown
call :log refused: the state of the services sppsvc and sppuinotify could not be read
exit /b 26

:not_forgotten
call :log failed: the value Rebuilt in "%memory%" stays; nothing was changed
exit /b %result%

:not_activated
set "result=31"
call :log rebuilt, but not activated: no LicenseStatus 1

:failed
call :log failed: putting back what was found
call :put_back
call :log ended with exit code %result%
exit /b %result%

:offer_edition
rem %1 EditionID, %2 key, %3 activation id. Sets key and activation_id when it is this one.
if /i not "%edition_id%"=="%~1" exit /b 0
set "key=%~2"
set "activation_id=%~3"
exit /b 0

:check_licence
rem 0 when the licence is the KMS client one of the edition, or none has a key (as after a
rem broken run), else the exit code. All names and values are the same in every language.
set "wmi="
set "kms_host="
set "other_licence="
set "wanted=ApplicationID='55c92734-d682-4d71-983e-d6ec3f16059f' and LicenseIsAddon=false"
rem Every Windows 7 lists licences, with a key or not: none at all means that WMI is out of order.
for /f "tokens=2 delims==" %%A in ('%wmic% path SoftwareLicensingProduct where "%wanted%" get ID /value ^<nul 2^>nul') do set "wmi=1"
if not defined wmi goto licence_unknown
set "wanted=%wanted% and PartialProductKey is not null"
for /f "tokens=2 delims==" %%A in ('%wmic% path SoftwareLicensingProduct where "%wanted%" get ID /value ^<nul 2^>nul') do (
    for /f %%B in ("%%A") do call :judge_licence %%B
)
set "wanted=%wanted% and IsKeyManagementServiceMachine=1"
for /f "tokens=2 delims==" %%A in ('%wmic% path SoftwareLicensingProduct where "%wanted%" get ID /value ^<nul 2^>nul') do set "kms_host=1"
call :log KMS host "%kms_host%", licence other than the KMS client one "%other_licence%"
if defined kms_host goto is_kms_host
if defined other_licence goto is_other_licence
exit /b 0

:judge_licence
rem %1 activation id of a licence that has a key. The first below is the KMS host's, the
rem second the one of all volume editions by MAK.
if /i "%~1"=="%activation_id%" exit /b 0
set "other_licence=%~1"
if /i "%~1"=="d188820a-cb63-4bad-a9a2-40b843ee23b7" set "kms_host=1"
if /i "%~1"=="9abf5984-9c16-46f2-ad1e-7fe15931a8dd" call :log the licence is a MAK one
exit /b 0

:is_kms_host
call :log refused: this machine is a KMS host
exit /b 23

:is_other_licence
call :log refused: the licence is not the KMS client one of "%edition_id%"
exit /b 24

:licence_unknown
rem slmgr.vbs writes this value when a KMS host key is installed.
call :read_value kms_version "%windows_nt%\SoftwareProtectionPlatform" KeyManagementServiceVersion 2
if defined kms_version goto is_kms_host
call :log refused: WMI shows no licence at all
exit /b 25

:look_for_earlier_run
rem Sets rebuilt when a run for this licence has ended well, licensed when it is activated
rem as well. Only both together count: machines that the incident made non-genuine can
rem have LicenseStatus 1.
call :read_value rebuilt "%memory%" Rebuilt 2
if /i not "%rebuilt%"=="%activation_id%" set "rebuilt="
if defined rebuilt call :look_at_status
exit /b 0

:forget_earlier_run
rem 1 when the value stays.
call :read_value remembered "%memory%" Rebuilt 2
if not defined remembered exit /b 0
%system32%\reg.exe delete "%memory%" /v Rebuilt /f >>"%log%" 2>&1
call :read_value remembered "%memory%" Rebuilt 2
if defined remembered exit /b 1
exit /b 0

:clear_store
rem Stops sppsvc and clears the activation files away. Sets cleared when all of that was done.
call :log net stop sppsvc
%system32%\net.exe stop sppsvc /y <nul >>"%log%" 2>&1
call :await_state sppsvc 1
if errorlevel 1 exit /b 1
call :delete_file "%windir%\system32\7B296FB0-376B-497e-B012-9C450E1B7327-5P-0.C7483456-A289-439d-8115-601632D005A0"
if errorlevel 1 exit /b 1
call :delete_file "%windir%\system32\7B296FB0-376B-497e-B012-9C450E1B7327-5P-1.C7483456-A289-439d-8115-601632D005A0"
if errorlevel 1 exit /b 1
call :set_aside tokens_aside "%store%\tokens.dat" tokens.dat
if errorlevel 1 exit /b 1
call :set_aside cache_aside "%store%\cache\cache.dat" cache.dat
if errorlevel 1 exit /b 1
set "cleared=1"
exit /b 0

:delete_file
rem %1 file. Not there is success.
if not exist "%~1" call :log not there: "%~nx1"
if not exist "%~1" exit /b 0
call :log del /ah "%~nx1"
del /f /q /ah "%~1" >>"%log%" 2>&1
if exist "%~1" del /f /q /a "%~1" >>"%log%" 2>&1
if not exist "%~1" exit /b 0
call :log could not delete "%~nx1"
exit /b 1

:set_aside
rem %1 variable for the first name it was kept under, %2 file, %3 its name alone.
if not exist "%~2" call :log not there: "%~3"
if not exist "%~2" exit /b 0
set "free="
for /l %%N in (1,1,999) do if not defined free if not exist "%~2.spptriage-%%N" set "free=%~3.spptriage-%%N"
call :log ren "%~3" "%free%"
ren "%~2" "%free%" >>"%log%" 2>&1
if exist "%~2" call :log could not rename "%~3"
if exist "%~2" exit /b 1
if not defined %~1 set "%~1=%free%"
exit /b 0

:install_key
rem Sets key_installed when the edition's licence has the key.
call :log slmgr.vbs /ipk %key%
%system32%\cscript.exe //nologo //e:vbscript %system32%\slmgr.vbs /ipk %key% <nul >>"%log%" 2>&1
call :log slmgr.vbs /ipk ended with %errorlevel%
set "wanted=ID='%activation_id%' and PartialProductKey='%key:~-5%'"
for /f "tokens=2 delims==" %%A in ('%wmic% path SoftwareLicensingProduct where "%wanted%" get ID /value ^<nul 2^>nul') do (
    for /f %%B in ("%%A") do if /i "%%B"=="%activation_id%" set "key_installed=1"
)
if not defined key_installed %system32%\ping.exe -n 11 127.0.0.1 >nul
exit /b 0

:look_at_status
rem Sets licensed when the edition's licence has LicenseStatus 1, else waits a little.
set "wanted=ID='%activation_id%' and PartialProductKey is not null"
for /f "tokens=2 delims==" %%A in ('%wmic% path SoftwareLicensingProduct where "%wanted%" get LicenseStatus /value ^<nul 2^>nul') do (
    for /f %%B in ("%%A") do if "%%B"=="1" set "licensed=1"
)
if not defined licensed %system32%\ping.exe -n 6 127.0.0.1 >nul
exit /b 0

:read_service_state
rem %1 service. Sets service_state to the number that sc prints (1 stopped, 2 starting,
rem 3 stopping, 4 running), to absent where there is no such service (error 1060), else to
rem unknown. The words beside the numbers can be translated. The type comes before the
rem state, and is 10 or 20 for these two.
set "service_state="
for /f "tokens=2 delims=:" %%A in ('%system32%\sc.exe query %~1 2^>nul') do call :take_state "%%A"
if defined service_state exit /b 0
set "service_state=unknown"
%system32%\sc.exe query %~1 >nul 2>&1
if "%errorlevel%"=="1060" set "service_state=absent"
exit /b 0

:take_state
rem %1 what follows the colon in a line of sc. The first number from 1 to 7 is the state.
if defined service_state exit /b 0
for /f %%B in ("%~1") do for %%N in (1 2 3 4 5 6 7) do if "%%B"=="%%N" set "service_state=%%N"
exit /b 0

:await_state
rem %1 service, %2 state wanted. Waits for it for up to a minute; 1 when it does not come.
rem A service that is not there counts as stopped.
set "reached="
for /l %%I in (1,1,60) do if not defined reached call :look_for_state %1 %2
if defined reached exit /b 0
call :log %~1 is in state "%service_state%", not %~2
exit /b 1

:look_for_state
call :read_service_state %1
if "%service_state%"=="%~2" set "reached=1"
if "%service_state%"=="absent" if "%~2"=="1" set "reached=1"
if not defined reached %system32%\ping.exe -n 2 127.0.0.1 >nul
exit /b 0

:read_start_type
rem %1 service. Sets start_type to the word that "sc config" takes, to nothing where there
rem is no such service.
set "start_type="
set "service_key=HKLM\SYSTEM\CurrentControlSet\Services\%~1"
call :read_value start_number "%service_key%" Start 2
call :read_value delayed "%service_key%" DelayedAutostart 2
if "%start_number%"=="0x2" set "start_type=auto"
if "%start_number%"=="0x2" if "%delayed%"=="0x1" set "start_type=delayed-auto"
if "%start_number%"=="0x3" set "start_type=demand"
if "%start_number%"=="0x4" set "start_type=disabled"
exit /b 0

:expect_start_type
rem %1 service, %2 start type. 1 when it has another; a service that is not there has none.
call :read_start_type %1
if not defined start_type exit /b 0
if "%start_type%"=="%~2" exit /b 0
call :log %~1 has the start type "%start_type%", not %~2
exit /b 1

:put_back
rem Once sppsvc has started on a new store, the old files would not fit the rest of it.
if not defined started call :return_file tokens.dat "%tokens_aside%" "%store%"
if not defined started call :return_file cache.dat "%cache_aside%" "%store%\cache"
if defined start_found call :log sc config sppuinotify start= %start_found%
if defined start_found %system32%\sc.exe config sppuinotify start= %start_found% >>"%log%" 2>&1
call :restore_state sppsvc "%sppsvc_found%"
call :restore_state sppuinotify "%sppuinotify_found%"
exit /b 0

:return_file
rem %1 name, %2 name it was kept under or nothing, %3 folder.
if "%~2"=="" exit /b 0
if exist "%~3\%~1" call :log a new "%~1" is there: the old one stays "%~2"
if exist "%~3\%~1" exit /b 0
call :log ren "%~2" "%~1"
ren "%~3\%~2" "%~1" >>"%log%" 2>&1
exit /b 0

:restore_state
rem %1 service, %2 state it was found in. Where that was starting or stopping, it stays.
call :read_service_state %1
if "%service_state%"=="%~2" exit /b 0
if "%~2"=="4" call :log net start %~1
if "%~2"=="4" %system32%\net.exe start %~1 <nul >>"%log%" 2>&1
if "%~2"=="1" call :log net stop %~1
if "%~2"=="1" %system32%\net.exe stop %~1 /y <nul >>"%log%" 2>&1
call :read_service_state %1
call :log %~1 was in state "%~2" and is in state "%service_state%"
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

