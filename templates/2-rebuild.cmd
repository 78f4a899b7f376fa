@echo off
rem SPDX-License-Identifier: Apache-2.0
rem Rebuilds the activation files of a volume-licensed Windows 7 and activates it by KMS:
rem Microsoft KB 4487266. Only for: {{EDITION_NAMES}}.
rem Run it after 1-remove-kb971033.cmd and the restart, elevated or as SYSTEM, from the
rem folder that also holds its host list (same name, .hosts.txt), best on a local disk:
rem     {{SCRIPT}}.cmd [/force]
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
{{COMMON_START}}

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
{{EDITIONS}}
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
if /i "%licence%"=="{{KMS_HOST_ID}}" set "kms_host=1"
if /i "%licence%"=="{{MAK_ID}}" set "other_licence=%licence% (MAK)"
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
{{COMMON_END}}
