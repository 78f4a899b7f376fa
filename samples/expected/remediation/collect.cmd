@echo off
rem SPDX-License-Identifier: Apache-2.0
rem Collects from this machine what spptriage answers best from, into one folder that is named
rem after the machine. Run it elevated or as SYSTEM:
rem     collect.cmd [FOLDER]
rem FOLDER is where the machine's folder is made, a share for instance; by default it is the
rem folder of this script. It changes nothing on the machine but this: the Windows Update
rem service, when it is running, is stopped while its database is copied, since the newest rows
rem are not in the database of a running service, and started again.
rem
rem In the machine's folder (what it tells spptriage):
rem     Application.evtx   the signals of the incident, recoveries, edition and licence
rem     System.evtx        updates installed, Windows version, clock changes
rem     Setup.evtx         the state of the package of KB971033
rem     Key Management Service.evtx    of a KMS host: the requests of all its clients, and
rem                        whether they were licensed then (where the machine has this log)
rem     Archive-*.evtx     earlier ones of these, where full logs are archived
rem     DataStore.edb      the update history
rem     qfe.txt            installed updates; with systeminfo.txt, whether that list is whole
rem     dism.txt           installed packages
rem     slmgr.txt          edition, channel and state of the licence
rem     systeminfo.txt     name and version of Windows, how many updates
rem     SOFTWARE           hive of the registry: the complete list of packages, edition, Windows
rem     SYSTEM             another: the full name of the machine that the rest is of
rem     spptriage-remediation*.log    what the scripts of a roll-out did here (where they ran)
rem     spptriage.txt      the same from the registry: HKLM\SOFTWARE\spptriage
rem The machine's folder is HOST_YYYYMMDD-HHMM by its local time: it can be run again, for each
rem round of collecting.
rem
rem Exit codes
rem     0     all of it was collected
rem     1     some of it was not: the lines that begin with "failed" say what
rem     10    wrong use
rem     11    not elevated
rem     12    the machine's folder is there already (wait a minute), or cannot be made
setlocal EnableExtensions DisableDelayedExpansion
rem Variables of these names would hide the built-in ones, or add options to commands.
for %%V in (ERRORLEVEL DIRCMD COPYCMD) do set "%%V="
set "target=%~dp0"
if not "%~1"=="" set "target=%~1\"
if not "%~2"=="" goto wrong_use
rem A 32-bit cmd.exe on 64-bit Windows sees another System32.
set "system32=%SystemRoot%\System32"
if exist "%SystemRoot%\Sysnative\cmd.exe" set "system32=%SystemRoot%\Sysnative"
set "failures="

rem The hive of LOCAL SERVICE is closed to all but administrators and SYSTEM.
"%system32%\reg.exe" query "HKU\S-1-5-19" >nul 2>&1
if errorlevel 1 goto not_elevated
call :name_folder
if exist "%out%" goto no_folder
mkdir "%out%"
if not exist "%out%" goto no_folder

call :export Application
call :export System
call :export Setup
set "kms_log=Key Management Service"
if exist "%system32%\winevt\Logs\%kms_log%.evtx" call :export "%kms_log%"
for %%L in (Application System Setup "%kms_log%") do call :copy_archived %%L
call :copy_history
rem Exit codes of these are Windows error numbers, which are negative: "if errorlevel 1" misses
rem them.
echo collecting qfe.txt
"%system32%\wbem\wmic.exe" qfe get CSName,Description,HotFixID,InstalledOn <nul >"%out%\qfe.txt"
if not "%errorlevel%"=="0" call :failed qfe.txt
echo collecting dism.txt
"%system32%\dism.exe" /online /english /get-packages <nul >"%out%\dism.txt"
if not "%errorlevel%"=="0" call :failed dism.txt
rem cscript.exe is one of 64 bits where Windows is: to it, the script lies in System32 always.
echo collecting slmgr.txt
"%system32%\cscript.exe" //nologo //e:vbscript "%SystemRoot%\System32\slmgr.vbs" /dlv <nul >"%out%\slmgr.txt"
if not "%errorlevel%"=="0" call :failed slmgr.txt
echo collecting systeminfo.txt
"%system32%\systeminfo.exe" <nul >"%out%\systeminfo.txt"
if not "%errorlevel%"=="0" call :failed systeminfo.txt
call :save SOFTWARE
call :save SYSTEM
call :collect_roll_out

if defined failures goto incomplete
echo done: "%out%"
exit /b 0

:incomplete
echo not all was collected: "%out%"
exit /b 1

:wrong_use
echo use: collect.cmd [FOLDER]
exit /b 10

:not_elevated
echo failed: this is not elevated; run it as administrator or SYSTEM
exit /b 11

:no_folder
echo failed: the folder is there already, or cannot be made: "%out%"
exit /b 12

:name_folder
rem robocopy is the one program of Windows that prints the time alike in every language: in the
rem line of an error, here that of a folder that no name can be. Its path has no quotes: of a command
rem that begins with one, cmd.exe takes the first and the last away.
set "round="
for /f "tokens=1-5 delims=/: " %%A in ('%system32%\robocopy.exe "|" . /njh /r:0 2^>nul') do if not defined round set "round=_%%A%%B%%C-%%D%%E"
set "out=%target%%COMPUTERNAME%%round%"
exit /b 0

:collect_roll_out
rem The key is a key of the 64-bit registry; reg.exe is one of 64 bits where Windows is.
set "script_logs=%SystemRoot%\Logs\spptriage-remediation*.log"
if exist "%script_logs%" call :copy "%script_logs%"
set "memory=HKLM\SOFTWARE\spptriage"
"%system32%\reg.exe" query "%memory%" >nul 2>&1
if errorlevel 1 exit /b 0
echo collecting spptriage.txt
"%system32%\reg.exe" query "%memory%" >"%out%\spptriage.txt"
if not "%errorlevel%"=="0" call :failed spptriage.txt
exit /b 0

:export
rem %1 name of a log. The service that writes the export is not the one who runs this: it can be
rem shut out of a share.
echo collecting %~1.evtx
set "export=%SystemRoot%\Logs\spptriage-%~1.evtx"
"%system32%\wevtutil.exe" epl "%~1" "%export%" /ow:true
if not "%errorlevel%"=="0" goto not_exported
copy /b /y "%export%" "%out%\%~1.evtx" >nul
if not "%errorlevel%"=="0" call :failed %~1.evtx
del /f /q "%export%"
exit /b 0

:not_exported
call :failed %~1.evtx
exit /b 0

:copy
rem %1 file or pattern.
echo collecting %~nx1
copy /b /y "%~1" "%out%\" >nul
if not "%errorlevel%"=="0" call :failed %~nx1
exit /b 0

:copy_archived
rem %1 name of a log. There can be archives of others, and large ones.
set "archives=%system32%\winevt\Logs\Archive-%~1-*.evtx"
if exist "%archives%" call :copy "%archives%"
exit /b 0

:copy_history
set "store=%SystemRoot%\SoftwareDistribution\DataStore\DataStore.edb"
if not exist "%store%" goto no_history
set "was_running="
call :ask_service
if not errorlevel 1 set "was_running=1"
if defined was_running "%system32%\net.exe" stop wuauserv /y <nul >nul 2>&1
call :copy "%store%"
if not defined was_running exit /b 0
"%system32%\net.exe" start wuauserv <nul >nul 2>&1
call :ask_service
if errorlevel 1 call :failed the service wuauserv was not started again
exit /b 0

:no_history
echo there is no DataStore.edb: Windows Update has no history here
exit /b 0

:ask_service
rem 0 when the service is running: state 4. The words beside numbers can be translated.
"%system32%\sc.exe" query wuauserv | "%system32%\findstr.exe" /l /c:": 4 " >nul
exit /b %errorlevel%

:save
rem %1 name of a hive. It is some ten MB large, and written as it is now: what Windows holds in
rem memory, and in the logs of the hive, is in it.
echo collecting %1
"%system32%\reg.exe" save "HKLM\%1" "%out%\%1" /y >nul
if not "%errorlevel%"=="0" call :failed %1
exit /b 0

:failed
rem %* what could not be collected, or done.
echo failed: %*
set "failures=1"
exit /b 0
