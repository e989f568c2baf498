# Reads every source of the library below ROOT and names the files that call what they must never call:
#   - other programs and processes;
#   - what depends on the locale, prints into a buffer, or throws or wraps around at a peer's number;
#   - libxml2's readers of files, which inflate and follow catalogs; its schemas and inclusions; whatever changes a tree
#     that was received; its end, which belongs to the host;
#   - xmlsec1's stores of keys: each verification gets its one key;
#   - comparisons of octets that end early.
# With EXPECTED_OFFENDERS (separated by commas) it succeeds if exactly those files do.
cmake_minimum_required(VERSION 3.25)

string(JOIN "|" forbidden
    "system|popen|posix_spawnp?|execv[pe]*|execl[pe]*|v?fork"
    "isspace|isalpha|isalnum|isdigit|tolower|toupper|setlocale|strto[a-z]+|ato[ifl]+|stoi|stoll?|stoull?|stof|stol?d|v?sprintf|s?scanf|memcmp"
    "xml(Ctxt)?Read(File|Fd|IO)|xmlParseFile|xmlParseDTD|xmlParserInputBufferCreateFilename|xmlNewTextReader[A-Za-z]*"
    "xmlSchema[A-Za-z]*|xmlRelaxNG[A-Za-z]*|xmlXInclude[A-Za-z]*|xmlXPath[A-Za-z]*|xmlCatalog[A-Za-z]*|xmlLoadCatalogs?"
    "xml(Unlink|Replace)Node|xml(Set|Unset|Remove|New)(Ns)?Prop|xmlNodeSet[A-Za-z]*|xmlAdd(Prev|Next)?(Child|Sibling)"
    "xmlCleanup[A-Za-z]*|xmlSecShutdown|xmlSec[A-Za-z]*KeysMngr[A-Za-z]*|xmlSecKeysMngr[A-Za-z]*|xmlSecSimpleKeysStore[A-Za-z]*")

set(patterns "")
foreach(room IN ITEMS saml metadata idp-adapter sp)
    list(APPEND patterns ${ROOT}/${room}/*.cpp ${ROOT}/${room}/*.hpp)
endforeach()
file(GLOB_RECURSE files RELATIVE ${ROOT} ${patterns})

set(offenders "")
set(reports "")
foreach(file IN LISTS files)
    file(STRINGS ${ROOT}/${file} lines REGEX "(^|[^A-Za-z0-9_.>])(${forbidden})[ ]*\\(")
    foreach(line IN LISTS lines)
        if(line MATCHES "^[ ]*//")
            continue()
        endif()
        list(APPEND offenders ${file})
        string(APPEND reports "${file}: ${line}\n")
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
