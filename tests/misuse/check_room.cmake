# Reads the include lines of FILES, those of one room, and refuses a public header that is neither its own nor one of a room
# that it uses (HEADERS, below slo/). Private headers need no look: the compiler doesn't find those of other rooms.
cmake_minimum_required(VERSION 3.25)

set(reports "")
foreach(file IN LISTS FILES)
    file(STRINGS ${file} lines REGEX "^[ \t]*#[ \t]*include[ \t]*[<\"]slo/")
    foreach(line IN LISTS lines)
        string(REGEX REPLACE ".*[<\"]slo/([^>\"]+)[>\"].*" "\\1" header "${line}")
        if(NOT header IN_LIST HEADERS AND NOT header STREQUAL "asio.hpp")
            string(APPEND reports "${file}: slo/${header} belongs to no room that ${ROOM} uses\n")
        endif()
    endforeach()
endforeach()
if(reports)
    message(FATAL_ERROR "${reports}")
endif()
file(TOUCH ${SEEN})
