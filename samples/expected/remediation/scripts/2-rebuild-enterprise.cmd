@echo off
rem SPDX-License-Identifier: Apache-2.0
rem Rebuilds the activation files of a volume-licensed Windows 7 and activates it by KMS:
rem Microsoft KB 4487266. Only for: Enterprise.
rem Run it after 1-remove-kb971033.cmd and the restart, elevated or as SYSTEM, from the
rem folder that also holds its host list (same name, .hosts.txt), best on a local disk:
rem     2-rebuild-enterprise.cmd [/force]
rem Machines that are not in the list are refused; /force runs on them too. A KMS host and a
rem machine with another licence than its edition's KMS client one are refused with /force as
rem well. Where WMI works but lists no licence at all, the token store is broken, and is rebuilt;
rem with /force only where the product id of the set-up is that of a KMS client.
rem A name without a domain in the list stands for machines of that name in any domain: the
rem log has a warning then.
rem It can be run twice: where an earlier run ended well and the machine is activated, it ends
rem with 0 and changes nothing; /force rebuilds even so. HKLM\SOFTWARE\spptriage remembers.
rem The activation files are set aside together, in %SystemRoot%\Logs\spptriage-aside-RUN, and
rem come back together when a step fails, with the services as they were; what a run that was
rem cut off left is put back by the next run. After a run that ended well they stay there.
rem Add-on keys, such as those of extended security updates, have to be entered again.
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
rem     17    another run of this script or of 1-remove-kb971033 is at work on this machine
rem     21    KB971033 is installed, or its removal waits or may wait for a restart
rem     22    another edition of Windows 7
rem     23    this machine is a KMS host
rem     24    the licence is not the KMS client one of the edition (MAK, OEM, retail)
rem     25    WMI does not tell the licence
rem     26    the state of the services sppsvc and sppuinotify could not be read
rem     27    scripts are disabled on this machine, or slmgr.vbs does not answer
rem     28    the KMS host that is set on this machine has no address
rem     30    a step failed: everything is as it was, unless the log says that something could
rem           not be put back; the next run tries that first
rem     31    rebuilt, but not activated (no KMS host answered?): the same
rem Log: %SystemRoot%\Logs\spptriage-remediation.log (only administrators write there); while
rem the script works, and where that one is locked, spptriage-remediation-RUN.log beside it.
rem HKLM\SOFTWARE\spptriage: what the last run was and how it ended; Rebuild has its exit code.
setlocal EnableExtensions DisableDelayedExpansion
rem Variables of these names would hide the built-in ones, or add options to commands.
for %%V in (ERRORLEVEL DATE TIME RANDOM DIRCMD COPYCMD) do set "%%V="
set "script=2-rebuild-enterprise"
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
set "store=%windir%\ServiceProfiles\NetworkService\AppData\Roaming\Microsoft\SoftwareProtectionPlatform"
set "platform=%windows_nt%\SoftwareProtectionPlatform"
set "file_1=%windir%\system32\7B296FB0-376B-497e-B012-9C450E1B7327-5P-0.C7483456-A289-439d-8115-601632D005A0"
set "file_2=%windir%\system32\7B296FB0-376B-497e-B012-9C450E1B7327-5P-1.C7483456-A289-439d-8115-601632D005A0"
set "file_3=%store%\tokens.dat"
set "file_4=%store%\cache\cache.dat"
for %%V in (key activation_id had_key licensed rebuilt cleared key_installed remembered) do set "%%V="

call :put_back_cut_off_runs
if errorlevel 1 exit /b 30

call :read_package_state
if "%package_state%"=="unknown" goto state_unknown
if not "%package_state%"=="absent" goto package_there
if defined restart_owed goto restart_first

call :find_edition
if not defined key goto other_edition

rem As found, before WMI starts sppsvc.
call :find_services
if errorlevel 1 goto services_unknown
call :check_licence
if errorlevel 1 exit /b %errorlevel%
if not defined force call :look_for_earlier_run
if defined rebuilt if defined licensed goto already_rebuilt
call :check_means
if errorlevel 1 exit /b %errorlevel%

call :rebuild
set "result=%errorlevel%"
if not "%result%"=="0" if defined remembered call :put_back
exit /b %result%

:already_rebuilt
call :log activated ok - an earlier run has rebuilt it, and the machine is activated
exit /b 0

:package_there
call :log package refused 21 KB971033 is %package_state%: run 1-remove-kb971033.cmd and restart first
exit /b 21

:restart_first
call :log package refused 21 KB971033 was removed since Windows started: restart first
exit /b 21

:state_unknown
call :log package refused 16 the state of the package of KB971033 could not be read
exit /b 16

:other_edition
set "detail=%edition_id%"
call :log edition refused 22 this script is not for the edition
exit /b 22

:services_unknown
call :log services refused 26 the state of the services sppsvc and sppuinotify could not be read
exit /b 26

:find_edition
rem Sets edition_id, and key and activation_id where this script is for that edition.
call :read_value edition_id "%windows_nt%" EditionID 2
call :offer_edition Enterprise 33PXH-7Y6KF-2VJC9-XBBR8-HVTHH ae2ee509-1b34-41c0-acb7-6d4650168915
exit /b 0

:offer_edition
rem %1 EditionID, %2 key, %3 activation id. Sets key and activation_id when it is this one.
if /i not "%edition_id%"=="%~1" exit /b 0
set "key=%~2"
set "activation_id=%~3"
exit /b 0

rem ---- Before anything is changed ----

:find_services
rem 1 when their states or start types cannot be read.
call :read_service_state sppsvc
set "sppsvc_found=%service_state%"
call :read_service_state sppuinotify
set "sppuinotify_found=%service_state%"
call :read_start_type sppuinotify
set "start_found=%start_type%"
call :log services info - found: sppsvc %sppsvc_found%, sppuinotify %sppuinotify_found% %start_found%
if "%sppsvc_found%"=="absent" exit /b 1
if "%sppsvc_found%"=="unknown" exit /b 1
if "%sppuinotify_found%"=="unknown" exit /b 1
if not "%sppuinotify_found%"=="absent" if not defined start_found exit /b 1
exit /b 0

:check_licence
rem 0 when the licence is the KMS client one of the edition, or none has a key (as after a
rem broken run), or the token store is broken; else the exit code. All names and values are the
rem same in every language.
set "kms_host="
set "other_licence="
call :read_licences
rem slmgr.vbs writes this value when a KMS host key is installed.
call :read_value kms_version "%platform%" KeyManagementServiceVersion 2
if not defined had_key if not defined other_licence if defined kms_version set "kms_host=1"
if defined kms_host goto is_kms_host
if defined other_licence goto is_other_licence
if defined had_key exit /b 0
if not defined wmi goto wmi_is_silent
if defined licences if not defined settled goto wmi_is_silent
call :read_product
if "%product%"=="oem" set "other_licence=product id %product_id%"
if defined other_licence goto is_other_licence
if defined force if not "%product%"=="kms" goto licence_unknown
if not defined licences call :log licence warning - WMI lists no licence at all: the token store is broken
if defined licences call :log licence warning - no licence has a key
exit /b 0

:take_licence
rem The second id below is that of the KMS host's licence, the third that of all volume editions
rem by MAK.
if "%serves%"=="1" set "kms_host=1"
if /i "%licence%"=="%activation_id%" set "had_key=1"
if /i "%licence%"=="%activation_id%" exit /b 0
set "other_licence=%licence%"
if /i "%licence%"=="d188820a-cb63-4bad-a9a2-40b843ee23b7" set "kms_host=1"
if /i "%licence%"=="9abf5984-9c16-46f2-ad1e-7fe15931a8dd" set "other_licence=%licence% (MAK)"
exit /b 0

:is_kms_host
call :log licence refused 23 this machine is a KMS host
exit /b 23

:is_other_licence
set "detail=%other_licence%"
call :log licence refused 24 the licence is not the KMS client one of the edition, but
exit /b 24

:wmi_is_silent
call :log licence refused 25 WMI does not answer, or not the same twice
exit /b 25

:licence_unknown
call :log licence refused 25 WMI tells of no licence with a key, and the host list was not asked
exit /b 25

:look_for_earlier_run
rem Sets rebuilt when a run for this licence has ended well, licensed when it is activated
rem as well. Only both together count: machines that the incident made non-genuine can
rem have LicenseStatus 1.
call :read_value rebuilt "%memory%" Rebuilt 2
if /i not "%rebuilt%"=="%activation_id%" set "rebuilt="
if defined rebuilt call :look_at_status
exit /b 0

:check_means
rem 0 when what the rebuilding needs is there, else the exit code.
set "scripts_disabled="
for %%K in (HKLM HKCU) do call :look_for_disabled_scripts %%K
if defined scripts_disabled goto no_scripts
rem The usage names the options in every language.
%system32%\cscript.exe //nologo //e:vbscript %system32%\slmgr.vbs /? <nul 2>nul | %system32%\findstr.exe /i /l /c:"/ipk" >nul
if errorlevel 1 goto no_slmgr
call :check_kms_host
exit /b %errorlevel%

:look_for_disabled_scripts
rem %1 hive. Sets scripts_disabled when the Windows Script Host is switched off there.
call :read_value enabled "%1\SOFTWARE\Microsoft\Windows Script Host\Settings" Enabled 2
if "%enabled%"=="0" set "scripts_disabled=%1"
if "%enabled%"=="0x0" set "scripts_disabled=%1"
exit /b 0

:no_scripts
call :log scripts refused 27 the Windows Script Host is disabled: value Enabled in %scripts_disabled%\SOFTWARE\Microsoft\Windows Script Host\Settings
exit /b 27

:no_slmgr
call :log scripts refused 27 slmgr.vbs does not answer
exit /b 27

:check_kms_host
rem 28 when a KMS host is set and has no address. Where none is set, DNS is asked for one when
rem the machine activates: that it does not answer now is only a warning.
call :read_value kms_name "%platform%" KeyManagementServiceName 2
if not defined kms_name goto check_dns
del /f /q "%answer%" >nul 2>&1
call :ask_for_address
rem An address stands in brackets after a name; a name that is an address has none.
%system32%\findstr.exe /l /c:"[" "%answer%" >nul
set "code=%errorlevel%"
set "letters="
for /f "delims=0123456789.:" %%A in ("%kms_name%") do set "letters=1"
set "detail=%kms_name%"
if "%code%"=="0" goto kms_host_found
if not defined letters goto kms_host_found
call :log kms-host refused 28 no address for the KMS host that is set here:
exit /b 28

:kms_host_found
call :log kms-host info - the KMS host that is set here has an address:
exit /b 0

:ask_for_address
setlocal EnableDelayedExpansion
%system32%\ping.exe -n 1 -w 1000 "!kms_name!" >"!answer!" 2>nul
endlocal
exit /b 0

:check_dns
%system32%\nslookup.exe -type=srv _vlmcs._tcp <nul 2>nul | %system32%\findstr.exe /i /l /c:"svr hostname" >nul
if errorlevel 1 call :log kms-host warning - no KMS host is set here, and DNS names none at _vlmcs._tcp
exit /b 0

rem ---- The steps of the article ----

:rebuild
rem 0 when the machine is activated, else the exit code: what was changed is to be put back.
call :remember_run
if errorlevel 1 goto not_remembered

call :step stop-notification net stop sppuinotify, sc config sppuinotify start= disabled
%system32%\net.exe stop sppuinotify /y <nul >>"%sink%" 2>&1
call :await_state sppuinotify 1
if errorlevel 1 exit /b 30
%system32%\sc.exe config sppuinotify start= disabled >>"%sink%" 2>&1
call :expect_start_type sppuinotify disabled
if errorlevel 1 exit /b 30

rem Anything that asks for the licence starts sppsvc again: hence more than one try.
for /l %%I in (1,1,3) do if not defined cleared call :set_files_aside
if not defined cleared exit /b 30

call :step start-service net start sppsvc
%system32%\net.exe start sppsvc <nul >>"%sink%" 2>&1
call :await_state sppsvc 4
if errorlevel 1 exit /b 30

rem slmgr.vbs ends with the error number of what failed, but with 0 when /ato leaves the
rem machine unlicensed. So WMI is asked for the key and the status that should be there.
for /l %%I in (1,1,3) do if not defined key_installed call :install_key
if not defined key_installed call :install_licence_files
for /l %%I in (1,1,3) do if not defined key_installed call :install_key
if not defined key_installed goto no_key
call :step ask-to-activate slmgr.vbs /ato
%system32%\cscript.exe //nologo //e:vbscript %system32%\slmgr.vbs /ato <nul >>"%sink%" 2>&1
call :log ask-to-activate info %errorlevel%
for /l %%I in (1,1,6) do if not defined licensed call :look_at_status
if not defined licensed goto not_activated

call :step notification sc config sppuinotify start= demand
%system32%\sc.exe config sppuinotify start= demand >>"%sink%" 2>&1
call :expect_start_type sppuinotify demand
if errorlevel 1 exit /b 30
rem From here on the next run has nothing to put back.
del /f /q "%aside%\unfinished.txt" >nul 2>&1
if exist "%aside%\unfinished.txt" goto not_forgotten
%system32%\reg.exe add "%memory%" /v Rebuilt /t REG_SZ /d %activation_id% /f >nul 2>&1
if errorlevel 1 call :log registry warning - could not be remembered, another run will rebuild again
call :log rebuild ok - the old files are in %aside%
call :log activate ok - LicenseStatus 1
exit /b 0

:not_remembered
call :log remember failed - what was found could not be written; nothing was changed
exit /b 30

:not_forgotten
call :log remember failed - unfinished.txt in %aside% stays, and the next run would undo this one
exit /b 30

:no_key
call :log key failed - the key is not there
exit /b 30

:not_activated
call :log activate failed 31 no LicenseStatus 1
exit /b 31

:remember_run
rem Writes what was found, for this run to put back and, should it be cut off, the next one: into
rem the folder of the files that will be set aside. What happens to names of files survives a loss
rem of power in its order, what happens to the registry may not. Forgets that an earlier run ended
rem well. 1 when that fails.
set "aside=%logs%\spptriage-aside-%run%"
if exist "%aside%" exit /b 1
mkdir "%aside%" >nul 2>&1
if not exist "%aside%" exit /b 1
for %%S in (sppsvc_found sppuinotify_found) do call :round_state %%S
set "found=%aside%\unfinished.txt"
>"%found%" echo sppsvc=%sppsvc_found%
>>"%found%" echo sppuinotify=%sppuinotify_found%
>>"%found%" echo start=%start_found%
>>"%found%" echo key=%had_key%
>>"%found%" echo id=%activation_id%
>>"%found%" echo setup_key=%key%
>>"%found%" echo whole=1
call :read_found
if not defined found_whole goto not_written
call :forget Rebuilt
if errorlevel 1 goto not_written
set "remembered=1"
exit /b 0

:not_written
rmdir /s /q "%aside%" >nul 2>&1
exit /b 1

:round_state
rem %1 variable. A service that is starting (2) will run (4), one that is stopping (3) stop (1).
call set "state=%%%1%%"
if "%state%"=="2" set "%1=4"
if "%state%"=="3" set "%1=1"
exit /b 0

:read_found
rem Sets found_NAME to what the unfinished run of the folder aside found; whole where that was
rem written to its end.
for %%V in (sppsvc sppuinotify start key id setup_key whole) do set "found_%%V="
for /f "usebackq tokens=1,* delims==" %%A in ("%aside%\unfinished.txt") do set "found_%%A=%%B"
exit /b 0

:forget
rem %1 value. 1 when it stays.
call :read_value still_there "%memory%" %1 2
if not defined still_there exit /b 0
%system32%\reg.exe delete "%memory%" /v %1 /f >nul 2>&1
call :read_value still_there "%memory%" %1 2
if defined still_there exit /b 1
exit /b 0

:set_files_aside
rem Stops sppsvc and sets the four files aside. Sets cleared when all of that was done, and sppsvc
rem did not come back meanwhile to make new ones.
call :step stop-service net stop sppsvc
%system32%\net.exe stop sppsvc /y <nul >>"%sink%" 2>&1
call :await_state sppsvc 1
if errorlevel 1 exit /b 1
call :log set-aside begin - the activation files into %aside%
for %%I in (1 2 3 4) do call :set_aside %%I
for %%I in (1 2 3 4) do if not exist "%aside%\%%I.done" exit /b 1
set "came_back="
for %%I in (1 2 3 4) do call :look_for_file %%I
call :read_service_state sppsvc
if not "%service_state%"=="1" set "came_back=1"
if not defined came_back set "cleared=1"
if defined came_back call :log set-aside warning - sppsvc came back meanwhile
exit /b 0

:look_for_file
call :file_path %1
if exist "%file%" set "came_back=1"
exit /b 0

:set_aside
rem %1 number of a file. It becomes ASIDE\NUMBER.file; NUMBER.attributes has those that hinder, and
rem NUMBER.done says that the file is out of the way, or was not there. One that was made since
rem then makes way as NUMBER.new.
call :file_path %1
set "attributes="
if not exist "%file%" goto set_aside_done
if exist "%aside%\%1.file" goto make_way
if exist "%aside%\%1.done" goto make_way
rem move does not see hidden files. attrib prints the letters of what is set, and the path.
set "flags="
for /f "delims=" %%A in ('%system32%\attrib.exe "%file%"') do set "flags=%%A"
set "flags=%flags:~0,9%"
for %%L in (H S R) do call :take_attribute %%L
if defined attributes >"%aside%\%1.attributes" echo%attributes%
if defined attributes if not exist "%aside%\%1.attributes" goto not_set_aside
%system32%\attrib.exe -h -s -r "%file%" >nul 2>&1
move /y "%file%" "%aside%\%1.file" >nul 2>&1
if not exist "%aside%\%1.file" goto not_set_aside
:set_aside_done
>"%aside%\%1.done" echo %1
exit /b 0

:make_way
%system32%\attrib.exe -h -s -r "%file%" >nul 2>&1
move /y "%file%" "%aside%\%1.new" >nul 2>&1
if exist "%file%" goto not_set_aside
goto set_aside_done

:not_set_aside
rem As it was, should it only have lost its attributes.
if defined attributes %system32%\attrib.exe %attributes% "%file%" >nul 2>&1
set "detail=%file%"
call :log set-aside warning - could not be moved:
exit /b 1

:take_attribute
rem %1 letter.
call set "without=%%flags:%1=%%"
if not "%without%"=="%flags%" set "attributes=%attributes% +%1"
exit /b 0

:file_path
rem %1 number. Sets file to the path of that file.
set "file=%file_1%"
if "%1"=="2" set "file=%file_2%"
if "%1"=="3" set "file=%file_3%"
if "%1"=="4" set "file=%file_4%"
exit /b 0

:install_key
rem Sets key_installed when the edition's licence has the key.
call :step key slmgr.vbs /ipk %key%
%system32%\cscript.exe //nologo //e:vbscript %system32%\slmgr.vbs /ipk %key% <nul >>"%sink%" 2>&1
call :log key info %errorlevel%
set "wanted=ID='%activation_id%' and PartialProductKey='%key:~-5%'"
for /f "tokens=2 delims==" %%A in ('%wmic% path SoftwareLicensingProduct where "%wanted%" get ID /value ^<nul 2^>nul') do (
    for /f %%B in ("%%A") do if /i "%%B"=="%activation_id%" set "key_installed=1"
)
if not defined key_installed %system32%\ping.exe -n 11 127.0.0.1 >nul
exit /b 0

:install_licence_files
rem A store made anew can lack the licences that a key belongs to.
call :step licence-files slmgr.vbs /rilc
%system32%\cscript.exe //nologo //e:vbscript %system32%\slmgr.vbs /rilc <nul >>"%sink%" 2>&1
call :log licence-files info %errorlevel%
exit /b 0

:look_at_status
rem Sets licensed when the edition's licence has LicenseStatus 1, else waits a little.
set "wanted=ID='%activation_id%' and PartialProductKey is not null"
for /f "tokens=2 delims==" %%A in ('%wmic% path SoftwareLicensingProduct where "%wanted%" get LicenseStatus /value ^<nul 2^>nul') do (
    for /f %%B in ("%%A") do if "%%B"=="1" set "licensed=1"
)
if not defined licensed %system32%\ping.exe -n 6 127.0.0.1 >nul
exit /b 0

rem ---- Putting back: no command here needs the log ----

:put_back_cut_off_runs
rem 1 when a run was cut off and what it left cannot be put back.
set "stuck="
for /f "delims=" %%L in ('dir /b /ad /o:n "%logs%\spptriage-aside-*" 2^>nul') do if not defined stuck call :put_back_cut_off_run "%%L"
if defined stuck exit /b 1
exit /b 0

:put_back_cut_off_run
rem %1 name of the folder of a run. What a run changes it changes after unfinished.txt was whole, but
rem a loss of power can take away what stands in a file that was just written.
if not exist "%logs%\%~1\unfinished.txt" exit /b 0
set "aside=%logs%\%~1"
call :read_found
call :look_for_files_aside
if not defined found_whole for %%V in (sppsvc sppuinotify start key) do set "found_%%V="
if not defined found_whole call :guess_start_type
if not defined found_whole if not defined files_aside goto nothing_aside
set "detail=%~1"
call :log cut-off warning - a run was cut off, and its changes are undone first; its folder is
call :put_back
exit /b 0

:nothing_aside
set "detail=%~1"
call :log cut-off warning - a run was cut off before it moved a file; its folder was
call :restore_start_type
if not defined stuck rmdir /s /q "%aside%" >nul 2>&1
exit /b 0

:guess_start_type
rem What Windows 7 has, where the service is disabled as a run leaves it while it works.
call :read_start_type sppuinotify
if "%start_type%"=="disabled" set "found_start=demand"
exit /b 0

:put_back
rem Undoes what a run changed. Sets stuck when the files or the start type could not be put back: the
rem next run tries again then. A key or a service that does not come back is no reason for that: it
rem would end so each time, and the rebuilding may be what helps.
set "stuck="
set "lacking="
call :log put-back begin -
call :return_files
call :restore_start_type
if not defined files_aside call :restore_services_and_key
call :forget Rebuilt
if not defined stuck rmdir /s /q "%aside%" >nul 2>&1
if exist "%aside%\unfinished.txt" set "stuck=1"
if defined stuck goto not_put_back
if defined lacking goto not_as_before
call :log put-back ok -
exit /b 0

:not_put_back
call :log put-back failed - the next run of this script tries again; what was set aside is in %aside%
exit /b 0

:not_as_before
call :log put-back failed - the files are back, but not all is as it was
exit /b 0

:restore_services_and_key
rem In this order, as WMI and slmgr.vbs start sppsvc.
call :restore_state sppsvc "%found_sppsvc%"
call :restore_key
call :restore_state sppsvc "%found_sppsvc%"
call :restore_state sppuinotify "%found_sppuinotify%"
exit /b 0

:return_files
rem The files that were set aside come back while sppsvc is stopped; those that it made since then
rem make way.
call :look_for_files_aside
for /l %%I in (1,1,3) do if defined files_aside call :return_files_once
if defined files_aside set "stuck=1"
exit /b 0

:look_for_files_aside
set "files_aside="
for %%I in (1 2 3 4) do (
    if exist "%aside%\%%I.done" set "files_aside=1"
    if exist "%aside%\%%I.file" set "files_aside=1"
    if exist "%aside%\%%I.attributes" set "files_aside=1"
)
exit /b 0

:return_files_once
%system32%\net.exe stop sppsvc /y <nul >nul 2>&1
call :await_state sppsvc 1
if errorlevel 1 exit /b 0
rem All of them or none: sppsvc would not do with files of two stores.
set "in_the_way="
for %%I in (1 2 3 4) do call :make_room %%I
if defined in_the_way for %%I in (1 2 3 4) do call :undo_room %%I
if defined in_the_way exit /b 0
for %%I in (1 2 3 4) do call :return_file %%I
call :look_for_files_aside
rem Should sppsvc have come back meanwhile, it is to read the old files when it starts.
call :read_service_state sppsvc
if "%service_state%"=="1" exit /b 0
%system32%\net.exe stop sppsvc /y <nul >nul 2>&1
call :await_state sppsvc 1
exit /b 0

:make_room
rem %1 number of a file. Sets in_the_way when one that was made since then stays in its place.
call :file_path %1
if not exist "%aside%\%1.done" if not exist "%aside%\%1.file" exit /b 0
if not exist "%file%" exit /b 0
%system32%\attrib.exe -h -s -r "%file%" >nul 2>&1
move /y "%file%" "%aside%\%1.new" >nul 2>&1
if not exist "%file%" exit /b 0
set "in_the_way=1"
set "detail=%file%"
call :log put-back warning - a new file cannot be moved yet:
exit /b 0

:undo_room
rem %1 number of a file.
call :file_path %1
if exist "%aside%\%1.new" if not exist "%file%" move /y "%aside%\%1.new" "%file%" >nul 2>&1
exit /b 0

:return_file
rem %1 number of a file. Cut off anywhere, it can be done again: NUMBER.file is the old one
rem wherever it is, and NUMBER.done without it that there was none.
call :file_path %1
if not exist "%aside%\%1.done" if not exist "%aside%\%1.file" goto return_attributes
if exist "%file%" exit /b 0
del /f /q "%aside%\%1.done" >nul 2>&1
if not exist "%aside%\%1.file" exit /b 0
move /y "%aside%\%1.file" "%file%" >nul 2>&1
if not exist "%file%" exit /b 0

:return_attributes
if not exist "%aside%\%1.attributes" exit /b 0
for /f "usebackq delims=" %%A in ("%aside%\%1.attributes") do %system32%\attrib.exe %%A "%file%" >nul 2>&1
del /f /q "%aside%\%1.attributes" >nul 2>&1
exit /b 0

:restore_start_type
if not defined found_start exit /b 0
call :read_start_type sppuinotify
if "%start_type%"=="%found_start%" exit /b 0
%system32%\sc.exe config sppuinotify start= %found_start% >nul 2>&1
call :expect_start_type sppuinotify %found_start%
if errorlevel 1 set "stuck=1"
exit /b 0

:restore_key
rem The key is in the store; should it not be there with the old one, it is installed again.
if not defined found_key exit /b 0
set "has_key="
for /l %%I in (1,1,3) do if not defined has_key call :look_for_any_key
if defined has_key exit /b 0
call :log key-back begin -
call :install_found_key
if defined has_key goto key_back
%system32%\cscript.exe //nologo //e:vbscript %system32%\slmgr.vbs /rilc <nul >nul 2>&1
call :install_found_key
if defined has_key goto key_back
set "lacking=1"
call :log key-back failed -
exit /b 0

:key_back
call :log key-back ok -
exit /b 0

:install_found_key
%system32%\cscript.exe //nologo //e:vbscript %system32%\slmgr.vbs /ipk %found_setup_key% <nul >nul 2>&1
call :look_for_any_key
exit /b 0

:look_for_any_key
rem Sets has_key when the edition's licence has a key, else waits a little.
set "wanted=ID='%found_id%' and PartialProductKey is not null"
for /f "tokens=2 delims==" %%A in ('%wmic% path SoftwareLicensingProduct where "%wanted%" get ID /value ^<nul 2^>nul') do set "has_key=1"
if not defined has_key %system32%\ping.exe -n 6 127.0.0.1 >nul
exit /b 0

:restore_state
rem %1 service, %2 state it was found in. Programs that ask for the licence start sppsvc: that one
rem runs which did not is no fault.
call :read_service_state %1
if "%service_state%"=="%~2" exit /b 0
if "%~2"=="4" goto start_again
if not "%~2"=="1" exit /b 0
%system32%\net.exe stop %1 /y <nul >nul 2>&1
call :await_state %1 1
exit /b 0

:start_again
%system32%\net.exe start %1 <nul >nul 2>&1
call :await_state %1 4
if errorlevel 1 set "lacking=1"
exit /b 0

rem ---- Services ----

:read_service_state
rem %1 service. Sets service_state to the number that sc prints (1 stopped, 2 starting,
rem 3 stopping, 4 running), to absent where there is no such service (error 1060), else to
rem unknown. The words beside the numbers can be translated. The type comes before the
rem state, and is 10 or 20 for these two.
set "service_state="
for /f "tokens=2 delims=:" %%A in ('%system32%\sc.exe query %1 2^>nul') do call :take_state "%%A"
if defined service_state exit /b 0
set "service_state=unknown"
%system32%\sc.exe query %1 >nul 2>&1
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
call :log services warning - %1 is in state %service_state%, not %2
exit /b 1

:look_for_state
call :read_service_state %1
if "%service_state%"=="%2" set "reached=1"
if "%service_state%"=="absent" if "%2"=="1" set "reached=1"
if not defined reached %system32%\ping.exe -n 2 127.0.0.1 >nul
exit /b 0

:read_start_type
rem %1 service. Sets start_type to the word that "sc config" takes, to nothing where there
rem is no such service.
set "start_type="
set "service_key=HKLM\SYSTEM\CurrentControlSet\Services\%1"
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
if "%start_type%"=="%2" exit /b 0
call :log services warning - %1 has the start type %start_type%, not %2
exit /b 1

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

