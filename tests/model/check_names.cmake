# Reads the comments of the model's steps in MODEL/*.pml, each of which begins with the names that its step stands for,
#   /* = SessionStore::begin_logout, begin_body
# and looks for these names in the sources below ROOT: a member where its class is declared or as it is defined, any
# other name where (, { or = follows. Comments don't count. Tells the names that aren't there.
# With EXPECTED_MISSING (separated by commas) it succeeds if exactly those aren't.
cmake_minimum_required(VERSION 3.25)

set(names "")
file(GLOB models ${MODEL}/*.pml)
foreach(model IN LISTS models)
    file(STRINGS ${model} lines REGEX "/\\* = ")
    foreach(line IN LISTS lines)
        string(REGEX MATCH "/\\* = ([A-Za-z_:]*[A-Za-z_](, [A-Za-z_:]*[A-Za-z_])*)" comment "${line}")
        string(REPLACE ", " ";" here "${CMAKE_MATCH_1}")
        list(APPEND names ${here})
    endforeach()
endforeach()
list(REMOVE_DUPLICATES names)
list(SORT names)

file(GLOB_RECURSE files ${ROOT}/sp/*.cpp ${ROOT}/sp/*.hpp ${ROOT}/idp-adapter/*.cpp ${ROOT}/idp-adapter/*.hpp)
if(NOT names OR NOT files)
    message(FATAL_ERROR "nothing to check in ${MODEL}, or nothing below ${ROOT}")
endif()

# Each file's text without comments, in a variable of its own: a list would take semicolons and brackets for its own.
set(count 0)
foreach(file IN LISTS files)
    file(READ ${file} text)
    string(REGEX REPLACE "//[^\n]*" "" text_${count} "${text}")
    math(EXPR count "${count} + 1")
endforeach()
math(EXPR last "${count} - 1")

set(word "(^|[^A-Za-z0-9_])")
set(missing "")
foreach(name IN LISTS names)
    string(REGEX MATCH "^(.*)::([^:]*)$" is_member "${name}")
    set(class "${CMAKE_MATCH_1}")
    set(member "${CMAKE_MATCH_2}")
    string(REGEX REPLACE ".*::" "" class "${class}")
    set(found FALSE)
    foreach(number RANGE ${last})
        if(is_member)
            if(text_${number} MATCHES "${word}${class}::${member}[^A-Za-z0-9_]"
               OR (text_${number} MATCHES "${word}(class|struct) ${class}[^A-Za-z0-9_;]"
                   AND text_${number} MATCHES "${word}${member}\\("))
                set(found TRUE)
                break()
            endif()
        elseif(text_${number} MATCHES "${word}${name} *[({=]")
            set(found TRUE)
            break()
        endif()
    endforeach()
    if(NOT found)
        list(APPEND missing ${name})
    endif()
endforeach()

string(REPLACE "," ";" expected "${EXPECTED_MISSING}")
if(NOT missing STREQUAL expected)
    message(FATAL_ERROR "these names of the model aren't in the sources: ${missing}\nexpected: ${expected}")
endif()
