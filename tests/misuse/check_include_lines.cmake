# Reads every include line below ROOT and names the files that break a rule:
#   - libxml2, xmlsec1 and OpenSSL belong to saml alone; idp-adapter and sp may include OpenSSL's TLS headers, which
#     Asio's TLS needs, and the TLS client the rules for servers' names;
#   - Asio and Beast belong to idp-adapter's one unit with a socket, to sp and to the examples; the daemon has neither them
#     nor TLS: it calls the library as any host does;
#   - a module includes its own headers and those of the modules below it;
#   - public headers include the standard library and our own headers only, except for slo/asio.hpp, which a host
#     compiles against its own Boost.
# With EXPECTED_OFFENDERS (separated by commas) it succeeds if exactly those files break a rule.
cmake_minimum_required(VERSION 3.25)

set(offenders "")
set(reports "")
macro(refuse why)
    list(APPEND offenders ${file})
    string(APPEND reports "${file}: ${line} (${why})\n")
endmacro()

function(list_files variable)
    set(patterns "")
    foreach(folder IN LISTS ARGN)
        list(APPEND patterns ${ROOT}/${folder}/*.cpp ${ROOT}/${folder}/*.hpp)
    endforeach()
    file(GLOB_RECURSE files RELATIVE ${ROOT} ${patterns})
    set(${variable} ${files} PARENT_SCOPE)
endfunction()

set(below_saml "saml|version\\.hpp")
set(below_metadata "${below_saml}|metadata")
set(below_idp-adapter "${below_metadata}|idp_adapter")
set(below_sp "${below_idp-adapter}|sp")
set(below_daemon "${below_sp}")
set(adapters "slo/(asio|beast)\\.hpp")

list_files(files saml metadata idp-adapter sp examples tests/saml tests/metadata tests/idp_adapter)
foreach(file IN LISTS files)
    string(REGEX MATCH "^[^/]+" room ${file})
    if(file MATCHES "^sp/daemon/")
        set(room daemon)
    endif()
    file(STRINGS ${ROOT}/${file} lines REGEX "^[ \t]*#[ \t]*include")
    foreach(line IN LISTS lines)
        if(NOT line MATCHES "include[ \t]*[<\"]([^>\"]+)[>\"]")
            refuse("not understood")
            continue()
        endif()
        set(header ${CMAKE_MATCH_1})
        if(NOT room MATCHES "^(saml|tests)$" AND header MATCHES "^(libxml|xmlsec|openssl)/"
           AND NOT (room MATCHES "^(idp-adapter|sp)$" AND header MATCHES "^openssl/(ssl|err)\\.h$")
           AND NOT (file STREQUAL "idp-adapter/net/tls_client.cpp" AND header STREQUAL "openssl/x509v3.h"))
            refuse("only saml calls the C libraries")
        endif()
        if(NOT room MATCHES "^(sp|examples)$" AND header MATCHES "^boost/(asio|beast)"
           AND NOT file MATCHES "^idp-adapter/net/http_(transport\\.cpp|steps\\.hpp)$")
            refuse("only sp and the HTTP client have sockets")
        endif()
        if(DEFINED below_${room} AND header MATCHES "^slo/" AND NOT header MATCHES "^slo/(${below_${room}})(/|$)"
           AND NOT (room STREQUAL "sp" AND header MATCHES "^${adapters}$"))
            refuse("an upward include")
        endif()
        if(file MATCHES "/include/" AND NOT file MATCHES "^sp/include/${adapters}$"
           AND NOT header MATCHES "^(slo/.*|[a-z_]+)$")
            refuse("a public header includes the standard library and ours only")
        endif()
    endforeach()
endforeach()

list(REMOVE_DUPLICATES offenders)
list(SORT offenders)
string(REPLACE "," ";" expected "${EXPECTED_OFFENDERS}")
if(NOT files)
    message(FATAL_ERROR "nothing to check below ${ROOT}")
endif()
if(NOT offenders STREQUAL expected)
    message(FATAL_ERROR "expected offenders: ${expected}\nfound:\n${reports}")
endif()
