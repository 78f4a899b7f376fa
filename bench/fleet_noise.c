/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet_noise.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "fleet_random.h"

#define STRINGS_MAX 24
#define KEYWORDS_CLASSIC UINT64_C(0x80000000000000)
#define KEYWORDS_MANIFEST UINT64_C(0x8000000000000000)
#define SYSTEM_SID "S-1-5-18"
#define RESTART_NAMESPACE "http://www.microsoft.com/2005/08/Windows/Reliability/RestartManager/"

struct noise_provider {
    const char *name;
    const char *guid;
    const char *source;
    bool manifest;
};

static const struct noise_provider spp = {"Microsoft-Windows-Security-SPP",
                                          "{E23B33B0-C8C9-472C-A5F9-F2BDFEA0F156}",
                                          "Software Protection Platform Service", false};
static const struct noise_provider event_system = {"Microsoft-Windows-EventSystem",
                                                   "{899daace-4868-4295-afcd-9eb8fb497561}",
                                                   "EventSystem", false};
static const struct noise_provider profiles = {"Microsoft-Windows-User Profiles Service",
                                               "{89B1E9F0-5AFF-44A6-9B44-0A07A7CE5845}", NULL,
                                               true};
static const struct noise_provider wmi = {
    "Microsoft-Windows-WMI", "{1edeee53-0afe-4609-b846-d8c0b2075b1f}", "WinMgmt", false};
static const struct noise_provider winlogon = {
    "Microsoft-Windows-Winlogon", "{DBE9B383-7CF3-4331-91CC-A3CB16A3B538}", "Winlogon", false};
static const struct noise_provider subscriber = {
    "Microsoft-Windows-Winlogon", "{DBE9B383-7CF3-4331-91CC-A3CB16A3B538}", "Wlclntfy", false};
static const struct noise_provider complus = {
    "Microsoft-Windows-Complus", "{0f177893-4a9c-4709-b921-f432d67f43d5}", "COM+", false};
static const struct noise_provider msdtc = {
    "Microsoft-Windows-MSDTC 2", "{5D9E0020-3761-4f36-90C8-38CE6511BD12}", "MSDTC 2", false};
static const struct noise_provider search = {"Microsoft-Windows-Search",
                                             "{CA4E628D-8567-4896-AB6B-835B221F373F}",
                                             "Windows Search Service", false};
static const struct noise_provider capi = {"Microsoft-Windows-CAPI2",
                                           "{5bbca4a8-b209-48dc-a8c7-b23d3e5216fb}",
                                           "Microsoft-Windows-CAPI2", false};
static const struct noise_provider load_perf = {
    "Microsoft-Windows-LoadPerf", "{122EE297-BB47-41AE-B265-1CA8D1886D40}", NULL, true};
static const struct noise_provider restart = {"Microsoft-Windows-RestartManager",
                                              "{0888E5EF-9B98-4695-979D-E92CE4247224}", NULL, true};
static const struct noise_provider esent = {.name = "ESENT"};
static const struct noise_provider window_manager = {.name = "Desktop Window Manager"};
static const struct noise_provider security_center = {.name = "SecurityCenter"};
static const struct noise_provider installer = {.name = "MsiInstaller"};
static const struct noise_provider reporting = {.name = "Windows Error Reporting"};
static const struct noise_provider application_error = {.name = "Application Error"};
static const struct noise_provider optimization = {.name = ".NET Runtime Optimization Service"};
static const struct noise_provider vss = {.name = "VSS"};
static const struct noise_provider policy = {.name = "SceCli"};
static const struct noise_provider outlook = {.name = "Outlook"};

enum noise_event_id {
    SPP_900,
    SPP_902,
    SPP_903,
    SPP_1003,
    SPP_1004,
    SPP_1033,
    SPP_1037,
    SPP_1066,
    SPP_16384,
    EVENT_SYSTEM_4625,
    PROFILES_1530,
    PROFILES_1531,
    PROFILES_1532,
    WMI_5615,
    WMI_5617,
    WINLOGON_4101,
    WINLOGON_6000,
    COMPLUS_781,
    MSDTC_4202,
    SEARCH_1003,
    SEARCH_4121,
    CAPI_4097,
    LOAD_PERF_1000,
    LOAD_PERF_1001,
    LOAD_PERF_1002,
    RESTART_10000,
    RESTART_10001,
    RESTART_10010,
    ESENT_102,
    ESENT_300,
    ESENT_301,
    ESENT_302,
    WINDOW_MANAGER_9009,
    SECURITY_CENTER_1,
    INSTALLER_1040,
    INSTALLER_1042,
    INSTALLER_1022,
    INSTALLER_1035,
    INSTALLER_1036,
    INSTALLER_11728,
    REPORTING_1001,
    APPLICATION_ERROR_1000,
    OPTIMIZATION_1101,
    OPTIMIZATION_1130,
    VSS_8224,
    VSS_8219,
    POLICY_1704,
    OUTLOOK_45,
};

/* Strings are separated by '|'. In them %n is a number below 10000, %x one of 32 bits in hex, %g
 * a GUID, %k the digits of an update, %t the event's time (only where the type says so), %l the
 * lines of the licences. Types, one letter a string: s string, u number, t time; NULL: strings. */
struct noise_event {
    const struct noise_provider *provider;
    uint16_t id;
    uint16_t qualifiers;
    uint8_t level;
    uint8_t task;
    const char *strings; /* NULL: none */
    const char *names;   /* NULL: classic strings without names */
    const char *types;
    const char *user_data;
    const char *user_data_namespace;
    const char *binary;
    bool by_system; /* Security has the SID of the system */
};

#define NOT_USED "|(NULL)|(NULL)|(NULL)|(NULL)|(NULL)|"
#define VSS_CALL "- Code: CORSVC00000773- Call: CORSVC00000755- PID:  00002556- TID:  00002896- "
#define VSS_CONTEXT "CMD:  C:\\Windows\\system32\\vssvc.exe   - User: Name: NT AUTHORITY\\SYSTEM"

static const struct noise_event noise_events[] = {
    [SPP_900] = {.provider = &spp, .id = 900, .qualifiers = 0x4000, .level = 4},
    [SPP_902] = {.provider = &spp, .id = 902, .qualifiers = 0x4000, .strings = "6.1.7601.17514"},
    [SPP_903] = {.provider = &spp, .id = 903, .qualifiers = 0x4000},
    [SPP_1003] = {.provider = &spp,
                  .id = 1003,
                  .qualifiers = 0x4000,
                  .level = 4,
                  .strings = "55c92734-d682-4d71-983e-d6ec3f16059f|%l"},
    [SPP_1004] = {.provider = &spp,
                  .id = 1004,
                  .qualifiers = 0x4000,
                  .level = 4,
                  .strings = "Windows(TM) - Component PPD License (DirectExperience)|%g"},
    [SPP_1033] = {.provider = &spp,
                  .id = 1033,
                  .qualifiers = 0x4000,
                  .level = 4,
                  .strings =
                      "(IIS-W3SVC-MaxConcurrentRequests) (Microsoft.Windows.Smc-Enabled) "
                      "(Shell-InBoxGames-FreeCell-EnableGame) (Shell-InBoxGames-Hearts-EnableGame) "
                      "(Shell-InBoxGames-Minesweeper-EnableGame) "
                      "(Shell-InBoxGames-PurblePlace-EnableGame) "
                      "(Shell-InBoxGames-Shanghai-EnableGame) "
                      "(Shell-InBoxGames-Solitaire-EnableGame) "
                      "(Shell-InBoxGames-SpiderSolitaire-EnableGame) "
                      "(Shell-MultiplayerInboxGames-Backgammon-EnableGame) "
                      "(Shell-MultiplayerInboxGames-Checkers-EnableGame) "
                      "(Shell-MultiplayerInboxGames-Spades-EnableGame) "
                      "(Shell-PremiumInBoxGames-Chess-EnableGame) "
                      "(Telnet-Client-EnableTelnetClient) (Telnet-Server-EnableTelnetServer) "
                      "(TiffIFilterLicensing-EnableTiffIFilter) (nfs-admincmdtools-enabled) "
                      "(nfs-adminmmc-enabled) (nfs-clientcmdtools-enabled) "
                      "(nfs-clientcore-enabled) (sua-EnableSUA) |"
                      "55c92734-d682-4d71-983e-d6ec3f16059f|%g"},
    [SPP_1037] = {.provider = &spp,
                  .id = 1037,
                  .qualifiers = 0x8000,
                  .level = 4,
                  .strings = "validity|129600"},
    [SPP_1066] = {.provider = &spp,
                  .id = 1066,
                  .qualifiers = 0x4000,
                  .level = 4,
                  .strings =
                      "C:\\Windows\\system32\\sppwinob.dll, "
                      "msft:spp/windowsfunctionality/agent/7.0, 0x00000000, 0x00000000\n"
                      "C:\\Windows\\system32\\sppobjs.dll, msft:rm/algorithm/phone/1.0, "
                      "0x00000000, 0x00000000\n"
                      "C:\\Windows\\system32\\sppobjs.dll, msft:rm/algorithm/pkey/2005, "
                      "0x00000000, 0x00000000\n"
                      "C:\\Windows\\system32\\sppobjs.dll, msft:spp/TaskScheduler/1.0, 0x00000000, "
                      "0x00000000\n"
                      "C:\\Windows\\system32\\sppobjs.dll, msft:spp/volume/services/kms/1.0, "
                      "0x00000000, 0x00000000\n"
                      "C:\\Windows\\system32\\sppobjs.dll, "
                      "msft:spp/volume/services/kms/licenserenewal/1.0, 0x00000000, 0x00000000\n"},
    [SPP_16384] = {.provider = &spp,
                   .id = 16384,
                   .qualifiers = 0x4000,
                   .level = 4,
                   .strings = "2019-12-31T21:20:16Z|TBL"},
    [EVENT_SYSTEM_4625] = {.provider = &event_system,
                           .id = 4625,
                           .qualifiers = 0x4000,
                           .level = 4,
                           .strings = "86400|SuppressDuplicateDuration|"
                                      "Software\\Microsoft\\EventSystem\\EventLog",
                           .names = "param1|param2|param3"},
    [PROFILES_1530] = {.provider = &profiles,
                       .id = 1530,
                       .level = 3,
                       .strings =
                           "9 user registry handles leaked from "
                           "\\Registry\\User\\S-1-5-21-3463664321-2923530833-3546627382-1000:\n"
                           "Process %n (\\Device\\HarddiskVolume2\\Windows\\System32\\lsass.exe) "
                           "has opened key "
                           "\\REGISTRY\\USER\\S-1-5-21-3463664321-2923530833-3546627382-1000\n"
                           "Process %n (\\Device\\HarddiskVolume2\\Windows\\System32\\svchost.exe) "
                           "has opened key "
                           "\\REGISTRY\\USER\\S-1-5-21-3463664321-2923530833-3546627382-1000\\"
                           "Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\n",
                       .names = "Detail",
                       .by_system = true},
    [PROFILES_1531] = {.provider = &profiles, .id = 1531, .level = 4, .by_system = true},
    [PROFILES_1532] = {.provider = &profiles, .id = 1532, .level = 4, .by_system = true},
    [WMI_5615] = {.provider = &wmi, .id = 5615, .qualifiers = 0xC000},
    [WMI_5617] = {.provider = &wmi, .id = 5617, .qualifiers = 0xC000},
    [WINLOGON_4101] = {.provider = &winlogon,
                       .id = 4101,
                       .qualifiers = 0x4000,
                       .level = 4,
                       .strings = "0x00000000|0x00000001"},
    [WINLOGON_6000] = {.provider = &subscriber,
                       .id = 6000,
                       .qualifiers = 0x8000,
                       .level = 4,
                       .strings = "SessionEnv",
                       .binary = "\xD9\x06\x01\x01"},
    [COMPLUS_781] = {.provider = &complus,
                     .id = 781,
                     .qualifiers = 0x4000,
                     .level = 4,
                     .strings =
                         "86400|SuppressDuplicateDuration|Software\\Microsoft\\COM3\\Eventlog",
                     .names = "param1|param2|param3"},
    [MSDTC_4202] = {.provider = &msdtc,
                    .id = 4202,
                    .qualifiers = 0x4000,
                    .level = 4,
                    .task = 2,
                    .strings = "0|0|0|0|0|0|1|Mutual Authentication Required|"
                               "NT AUTHORITY\\NetworkService|0|0|1",
                    .names = "param1|param2|param3|param4|param5|param6|param7|param8|param9|"
                             "param10|param11|param12"},
    [SEARCH_1003] = {.provider = &search,
                     .id = 1003,
                     .qualifiers = 0x4000,
                     .level = 4,
                     .task = 1,
                     .strings = "",
                     .names = "ExtraInfo"},
    [SEARCH_4121] = {.provider = &search,
                     .id = 4121,
                     .qualifiers = 0x4000,
                     .level = 4,
                     .task = 3,
                     .strings = "|Windows",
                     .names = "ExtraInfo|CatalogName"},
    [CAPI_4097] = {.provider = &capi,
                   .id = 4097,
                   .level = 4,
                   .strings = "CN=Baltimore CyberTrust Root, OU=CyberTrust, O=Baltimore, C=IE|"
                              "D4DE20D05E66FC53FE1A50882C78DB28%x"},
    [LOAD_PERF_1000] = {.provider = &load_perf,
                        .id = 1000,
                        .level = 4,
                        .strings = "WmiApRpl|WmiApRpl|16|%x00001500009B140000%x",
                        .names = "param1|param2|binaryDataSize|binaryData",
                        .types = "ssus",
                        .user_data = "EventXML",
                        .user_data_namespace = "LoadPerf",
                        .by_system = true},
    [LOAD_PERF_1001] = {.provider = &load_perf,
                        .id = 1001,
                        .level = 4,
                        .strings = "WmiApRpl|WmiApRpl|12|%x00009914000034070000",
                        .names = "param1|param2|binaryDataSize|binaryData",
                        .types = "ssus",
                        .user_data = "EventXML",
                        .user_data_namespace = "LoadPerf",
                        .by_system = true},
    [LOAD_PERF_1002] = {.provider = &load_perf,
                        .id = 1002,
                        .level = 4,
                        .strings =
                            ".NET CLR Networking 4.0.0.0|.NET CLR Networking 4.0.0.0|4|C2120000",
                        .names = "param1|param2|binaryDataSize|binaryData",
                        .types = "ssus",
                        .user_data = "EventXML",
                        .user_data_namespace = "LoadPerf",
                        .by_system = true},
    [RESTART_10000] = {.provider = &restart,
                       .id = 10000,
                       .level = 4,
                       .strings = "0|%t",
                       .names = "RmSessionId|UTCStartTime",
                       .types = "ut",
                       .user_data = "RmSessionEvent",
                       .user_data_namespace = RESTART_NAMESPACE,
                       .by_system = true},
    [RESTART_10001] = {.provider = &restart,
                       .id = 10001,
                       .level = 4,
                       .strings = "0|%t",
                       .names = "RmSessionId|UTCStartTime",
                       .types = "ut",
                       .user_data = "RmSessionEvent",
                       .user_data_namespace = RESTART_NAMESPACE,
                       .by_system = true},
    [RESTART_10010] = {.provider = &restart,
                       .id = 10010,
                       .level = 3,
                       .strings = "0|%n|C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell"
                                  ".exe|Windows PowerShell|0|5|1|67108865|1",
                       .names = "RmSessionId|Pid|FullPath|DisplayName|AppVersion|AppType|"
                                "TSSessionId|Status|Reason",
                       .types = "uussuuuuu",
                       .user_data = "RmUnsupportedRestartEvent",
                       .user_data_namespace = RESTART_NAMESPACE,
                       .by_system = true},
    [ESENT_102] = {.provider = &esent,
                   .id = 102,
                   .level = 4,
                   .task = 1,
                   .strings = "Windows|%n|Windows: |0|6|01|7601|0000"},
    [ESENT_300] =
        {.provider = &esent, .id = 300, .level = 4, .task = 3, .strings = "Windows|%n|Windows: "},
    [ESENT_301] = {.provider = &esent,
                   .id = 301,
                   .level = 4,
                   .task = 3,
                   .strings = "Windows|%n|Windows: |C:\\ProgramData\\Microsoft\\Search\\Data\\"
                              "Applications\\Windows\\MSS%n.log"},
    [ESENT_302] =
        {.provider = &esent, .id = 302, .level = 4, .task = 3, .strings = "Windows|%n|Windows: "},
    [WINDOW_MANAGER_9009] = {.provider = &window_manager,
                             .id = 9009,
                             .qualifiers = 0x4000,
                             .level = 4,
                             .strings = "0x40010004"},
    [SECURITY_CENTER_1] = {.provider = &security_center, .id = 1, .level = 4},
    [INSTALLER_1040] = {.provider = &installer,
                        .id = 1040,
                        .level = 4,
                        .strings = "C:\\%x%x\\netfx_Core_x86.msi|%n" NOT_USED,
                        .by_system = true},
    [INSTALLER_1042] = {.provider = &installer,
                        .id = 1042,
                        .level = 4,
                        .strings = "C:\\%x%x\\netfx_Core_x86.msi|%n" NOT_USED,
                        .by_system = true},
    [INSTALLER_1022] = {.provider = &installer,
                        .id = 1022,
                        .level = 4,
                        .strings = "Microsoft .NET Framework 4 Client Profile|KB%k" NOT_USED,
                        .binary = "{3C3901C5-3455-3E0A-A214-0B093A5070A6} "
                                  "{4952F442-5C13-38EB-8C23-B18E7E77E20D}",
                        .by_system = true},
    [INSTALLER_1035] = {.provider = &installer,
                        .id = 1035,
                        .level = 4,
                        .strings = "Microsoft .NET Framework 4 Client Profile|4.0.%n|0|0|Microsoft "
                                   "Corporation|(NULL)|",
                        .binary = "{3C3901C5-3455-3E0A-A214-0B093A5070A6}0000d2ebf46831d2cb329af76"
                                  "7293eb20f6cd00000000",
                        .by_system = true},
    [INSTALLER_1036] =
        {.provider = &installer,
         .id = 1036,
         .level = 4,
         .strings = "Microsoft .NET Framework 4 Client Profile|4.0.%n|1033|KB%k|0|Microsoft "
                    "Corporation|(NULL)|",
         .binary = "{3C3901C5-3455-3E0A-A214-0B093A5070A6} "
                   "{4952F442-5C13-38EB-8C23-B18E7E77E20D}",
         .by_system = true},
    [INSTALLER_11728] = {.provider = &installer,
                         .id = 11728,
                         .level = 4,
                         .strings = "Product: Microsoft .NET Framework 4 Client Profile -- "
                                    "Configuration completed successfully." NOT_USED,
                         .binary = "{3C3901C5-3455-3E0A-A214-0B093A5070A6}",
                         .by_system = true},
    [REPORTING_1001] =
        {.provider = &reporting,
         .id = 1001,
         .level = 4,
         .strings = "|0|WindowsUpdateFailure|Not available|0|7.6.%n.320|%x|"
                    "00000000-0000-0000-0000-000000000000|Scan|101|Unmanaged||||||"
                    "C:\\ProgramData\\Microsoft\\Windows\\WER\\ReportQueue\\NonCritical_7.6.%n_"
                    "1874fcef6224e42694c8b30caacce43071e7c1_cab_%x||0|%g|0"},
    [APPLICATION_ERROR_1000] =
        {.provider = &application_error,
         .id = 1000,
         .level = 2,
         .task = 100,
         .strings = "OUTLOOK.EXE|14.0.%n.5000|%x|mso.dll|14.0.%n.5000|%x|c0000005|%x|%n|01d4%x|"
                    "C:\\Program Files\\Microsoft Office\\Office14\\OUTLOOK.EXE|C:\\Program "
                    "Files\\Common Files\\Microsoft Shared\\office14\\mso.dll|%g"},
    [OPTIMIZATION_1101] =
        {.provider = &optimization,
         .id = 1101,
         .level = 2,
         .strings = ".NET Runtime Optimization Service (clr_optimization_v4.0.30319_32) - Failed "
                    "to compile System.DirectoryServices, Version=2.0.0.0, Culture=Neutral, "
                    "PublicKeyToken=b03f5f7f11d50a3a, processorArchitecture=msil because of the "
                    "following error: The process cannot access the file because it is being used "
                    "by another process. (Exception from HRESULT: 0x80070020).\n"},
    [OPTIMIZATION_1130] =
        {.provider = &optimization,
         .id = 1130,
         .strings = ".NET Runtime Optimization Service (2.0.50727.%n) - Installed from repository: "
                    "AuditPolicyGPManagedStubs.Interop"},
    [VSS_8224] =
        {.provider = &vss, .id = 8224, .level = 4, .strings = "", .binary = VSS_CALL VSS_CONTEXT},
    [VSS_8219] = {.provider = &vss,
                  .id = 8219,
                  .level = 4,
                  .strings =
                      "\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy%n\\Windows\\"
                      "softwaredistribution|*.*|WUA|\n\nOperation:\n   OnPostSnapshot event\n   "
                      "PostSnapshot Event\n\nContext:\n   Execution Context: Shadow Copy "
                      "Optimization Writer\n   Execution Context: Writer\n   Writer Class Id: "
                      "{4dc3bdd4-ab48-4d07-adb0-3bee2926fd7f}\n   Writer Name: Shadow Copy "
                      "Optimization Writer\n   Writer Instance ID: {%g}",
                  .binary = VSS_CALL VSS_CONTEXT},
    [POLICY_1704] = {.provider = &policy, .id = 1704, .qualifiers = 0x4000, .level = 4},
    [OUTLOOK_45] =
        {.provider = &outlook,
         .id = 45,
         .qualifiers = 0x4000,
         .level = 4,
         .strings = "Name: Microsoft Exchange Add-in\nDescription: Exchange support for Unified "
                    "Messaging, e-mail permission rules, and calendar availability.\nProgID: "
                    "UmOutlookAddin.FormRegionAddin\nGUID: {%g}\nLoad Behavior: 03\nHKLM: 1\n"
                    "Location: C:\\PROGRA~1\\MICROS~1\\Office14\\ADDINS\\UmOutlookAddin.dll\nBoot "
                    "Time (Milliseconds): %n"},
};

struct noise_step {
    enum noise_event_id event;
    uint8_t percent; /* how often the step is there; 0 means always */
};

static const struct noise_step starting[] = {
    {.event = EVENT_SYSTEM_4625},
    {.event = PROFILES_1531},
    {.event = WMI_5615},
    {.event = WMI_5617},
    {.event = SPP_900},
    {.event = WINLOGON_4101, .percent = 60},
    {.event = SPP_1066},
    {.event = SPP_1003},
    {.event = SPP_1033, .percent = 50},
    {.event = SPP_1003, .percent = 22},
    {.event = SPP_902},
    {.event = COMPLUS_781, .percent = 30},
    {.event = WINLOGON_6000, .percent = 45},
    {.event = MSDTC_4202, .percent = 30},
    {.event = ESENT_102, .percent = 70},
    {.event = ESENT_300, .percent = 60},
    {.event = ESENT_301, .percent = 80},
    {.event = ESENT_302, .percent = 60},
    {.event = SEARCH_1003, .percent = 70},
    {.event = SEARCH_4121, .percent = 12},
    {.event = SECURITY_CENTER_1, .percent = 60},
    {.event = OUTLOOK_45, .percent = 60},
    {.event = POLICY_1704, .percent = 90},
    {.event = SPP_1037, .percent = 35},
    {.event = SPP_16384, .percent = 33},
    {.event = SPP_903, .percent = 33},
    {.event = WINDOW_MANAGER_9009, .percent = 70},
    {.event = PROFILES_1530, .percent = 25},
    {.event = PROFILES_1532},
};

static const struct noise_step installing[] = {
    {.event = INSTALLER_1040},
    {.event = RESTART_10000},
    {.event = RESTART_10010, .percent = 20},
    {.event = INSTALLER_1022, .percent = 80},
    {.event = INSTALLER_1035, .percent = 85},
    {.event = INSTALLER_1036, .percent = 80},
    {.event = INSTALLER_11728, .percent = 85},
    {.event = RESTART_10001},
    {.event = INSTALLER_1042},
};

static const struct noise_step counting[] = {
    {.event = LOAD_PERF_1001}, {.event = LOAD_PERF_1001}, {.event = LOAD_PERF_1000},
    {.event = LOAD_PERF_1000}, {.event = LOAD_PERF_1002},
};

static const struct noise_step licensing[] = {
    {.event = SPP_1004}, {.event = SPP_1004}, {.event = SPP_1004}, {.event = SPP_1004},
    {.event = SPP_1004}, {.event = SPP_1004}, {.event = SPP_1004}, {.event = SPP_1004},
    {.event = SPP_1004}, {.event = SPP_1004},
};

static const struct noise_step compiling[] = {
    {.event = OPTIMIZATION_1130},
    {.event = OPTIMIZATION_1130},
    {.event = OPTIMIZATION_1101, .percent = 45},
};

static const struct noise_step reporting_crash[] = {
    {.event = APPLICATION_ERROR_1000, .percent = 40},
    {.event = REPORTING_1001},
};

static const struct noise_step snapshotting[] = {
    {.event = VSS_8219, .percent = 75},
    {.event = VSS_8224},
};

static const struct noise_step certifying[] = {
    {.event = CAPI_4097},
};

/* How often each happens, of all. */
static const struct noise_sequence {
    const struct noise_step *steps;
    size_t count;
    unsigned weight;
} sequences[] = {
    {starting, ARRAY_COUNT(starting), 49},
    {installing, ARRAY_COUNT(installing), 66},
    {counting, ARRAY_COUNT(counting), 57},
    {licensing, ARRAY_COUNT(licensing), 12},
    {compiling, ARRAY_COUNT(compiling), 45},
    {reporting_crash, ARRAY_COUNT(reporting_crash), 60},
    {snapshotting, ARRAY_COUNT(snapshotting), 37},
    {certifying, ARRAY_COUNT(certifying), 26},
};

static size_t pick_sequence(uint64_t *random)
{
    unsigned total = 0;
    size_t index = 0;

    for (size_t each = 0; each < ARRAY_COUNT(sequences); each++)
        total += sequences[each].weight;
    uint64_t drawn = random_below(random, total);
    while (drawn >= sequences[index].weight)
        drawn -= sequences[index++].weight;
    return index;
}

bool noise_advance(struct noise_cursor *cursor, uint64_t *random)
{
    const struct noise_sequence *sequence = &sequences[cursor->sequence];

    while (++cursor->step < sequence->count) {
        uint8_t percent = sequence->steps[cursor->step].percent;
        if (percent == 0 || random_below(random, 100) < percent)
            return false;
    }
    /* The first step of a sequence is always there. */
    cursor->sequence = pick_sequence(random);
    cursor->step = 0;
    return true;
}

static const struct noise_event *event_under(const struct noise_cursor *cursor)
{
    return &noise_events[sequences[cursor->sequence].steps[cursor->step].event];
}

bool noise_has_whole_seconds(const struct noise_cursor *cursor)
{
    return !event_under(cursor)->provider->manifest;
}

static void add_guid(struct text *out, uint64_t *random)
{
    uint64_t high = random_next(random);
    uint64_t low = random_next(random);

    text_add_format(out, "%08x-%04x-%04x-%04x-%012" PRIx64, (uint32_t)(high >> 32),
                    (unsigned)(high >> 16 & 0xffff), (unsigned)(high & 0xffff),
                    (unsigned)(low >> 48), low & UINT64_C(0xffffffffffff));
}

static void add_variable(struct text *out, char letter, const char *licence_lines, uint64_t *random)
{
    switch (letter) {
    case 'n':
        text_add_format(out, "%u", (unsigned)random_below(random, 10000));
        break;
    case 'k':
        text_add_format(out, "%u", (unsigned)(2500000 + random_below(random, 2000000)));
        break;
    case 'x':
        text_add_format(out, "%08x", (uint32_t)random_next(random));
        break;
    case 'g':
        add_guid(out, random);
        break;
    case 'l':
        text_add(out, licence_lines);
        break;
    }
}

/* Fills the strings in: one after the other, each with its NUL. Answers how many. */
static size_t fill_in(struct text *out, const char *pattern, const char *licence_lines,
                      uint64_t *random)
{
    size_t count = 1;

    if (pattern == NULL)
        return 0;
    for (const char *at = pattern; *at != '\0'; at++) {
        if (*at == '|') {
            text_add_bytes(out, "", 1);
            count++;
        } else if (*at == '%') {
            add_variable(out, *++at, licence_lines, random);
        } else {
            size_t plain = strcspn(at, "|%");
            text_add_bytes(out, at, plain);
            at += plain - 1;
        }
    }
    text_add_bytes(out, "", 1);
    return count;
}

/* The names stand one after the other in `names`, each with its NUL, or there are none. */
static void set_strings(struct evtx_string *strings, size_t count, const struct noise_event *row,
                        const char *texts, const char *names, uint64_t filetime)
{
    for (size_t index = 0; index < count; index++) {
        char type = row->types != NULL ? row->types[index] : 's';

        strings[index] = (struct evtx_string){.name = names, .text = texts};
        if (type == 'u') {
            strings[index].type = EVTX_VALUE_UINT32;
            for (const char *digit = texts; *digit != '\0'; digit++)
                strings[index].number = strings[index].number * 10 + (uint64_t)(*digit - '0');
        } else if (type == 't') {
            strings[index].type = EVTX_VALUE_FILETIME;
            strings[index].number = filetime;
        }
        texts += strlen(texts) + 1;
        names = names != NULL ? names + strlen(names) + 1 : NULL;
    }
}

static enum evtx_event_kind kind_of(const struct noise_event *row)
{
    if (row->user_data != NULL)
        return EVTX_EVENT_USER_DATA;
    return row->provider->manifest ? EVTX_EVENT_EVENT_DATA : EVTX_EVENT_CLASSIC;
}

void noise_add(const struct noise_cursor *cursor, struct evtx_writer *writer,
               const struct event_stamp *stamp, const char *licence_lines, uint64_t *random)
{
    const struct noise_event *row = event_under(cursor);
    const struct noise_provider *provider = row->provider;
    struct evtx_string strings[STRINGS_MAX];
    struct text texts = {0};
    struct text names = {0};
    size_t count = fill_in(&texts, row->strings, licence_lines, random);

    fill_in(&names, row->names, NULL, random);
    assert(count <= STRINGS_MAX);
    set_strings(strings, count, row, texts.bytes, names.bytes, stamp->filetime);
    evtx_writer_add(
        writer, &(struct evtx_event){
                    .kind = kind_of(row),
                    .provider = provider->name,
                    .provider_guid = provider->guid,
                    .event_source_name = provider->source,
                    .event_id = row->id,
                    .qualifiers = provider->manifest ? EVTX_NO_QUALIFIERS : row->qualifiers,
                    .level = row->level,
                    .task = row->task,
                    .keywords = provider->manifest ? KEYWORDS_MANIFEST : KEYWORDS_CLASSIC,
                    .process_id = (uint32_t)(provider->manifest ? random_below(random, 9000) : 0),
                    .thread_id = (uint32_t)(provider->manifest ? random_below(random, 9000) : 0),
                    .event_filetime = stamp->filetime,
                    .channel = "Application",
                    .computer = stamp->computer,
                    .user_sid = row->by_system ? SYSTEM_SID : NULL,
                    .user_data_name = row->user_data,
                    .user_data_namespace = row->user_data_namespace,
                    .strings = strings,
                    .string_count = count,
                    .binary = (const uint8_t *)row->binary,
                    .binary_size = row->binary != NULL ? strlen(row->binary) : 0,
                });
    text_free(&texts);
    text_free(&names);
}
