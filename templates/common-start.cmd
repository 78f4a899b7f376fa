setlocal EnableExtensions DisableDelayedExpansion
rem Variables of these names would hide the built-in ones, or add options to commands.
for %%V in (ERRORLEVEL DATE TIME RANDOM DIRCMD COPYCMD) do set "%%V="
set "script={{SCRIPT}}"
set "version={{VERSION}}"
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
