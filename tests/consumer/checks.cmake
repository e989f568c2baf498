# For the scripts beside it.

# run(<why> <command>...): fails with its output where it fails.
function(run why)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "${why} failed (${result}):\n${output}")
    endif()
    set(output "${output}" PARENT_SCOPE)
endfunction()

# refuse_words(<text> <what> <word>...): fails where one of the words stands in it. Our own folders' names don't count.
function(refuse_words text what)
    foreach(folder IN ITEMS "${PREFIX}" "${BUILD}" "${SOURCE}")
        if(folder)
            string(REPLACE "${folder}" "" text "${text}")
        endif()
    endforeach()
    foreach(word IN LISTS ARGN)
        string(REGEX MATCH "[^\n ]*${word}[^\n ]*" found "${text}")
        if(found)
            message(FATAL_ERROR "${what} must not name ${word}: ${found}")
        endif()
    endforeach()
endfunction()

# check_core_program(<build folder> <word>...): neither its compiler nor its linker has seen what saml-slo::core keeps
# private, and CMake has looked neither for what other components need nor for these words.
function(check_core_program folder)
    file(READ ${folder}/CMakeFiles/consumer.dir/link.txt link_line)
    refuse_words("${link_line}" "the link line of a core consumer" boost sqlite hiredis toml)
    run("ldd" ldd ${folder}/consumer)
    refuse_words("${output}" "what a core consumer loads" boost sqlite hiredis toml)
    # A host may have another Boost: two versions of Asio's functions in one program would be one too many.
    run("nm" nm -C ${folder}/consumer)
    foreach(namespace IN ITEMS boost::asio boost::beast boost::log toml::)
        string(FIND "${output}" "${namespace}" found)
        if(NOT found EQUAL -1)
            message(FATAL_ERROR "a core consumer has functions of ${namespace}")
        endif()
    endforeach()
    file(GLOB_RECURSE headers ${folder}/CMakeFiles/consumer.dir/main.cpp.o.d)  # at whatever depth
    if(NOT headers)
        message(FATAL_ERROR "there is no list of the headers that were included below ${folder}")
    endif()
    file(READ ${headers} headers)
    if(NOT headers MATCHES "slo/sp/logout_service.hpp")
        message(FATAL_ERROR "not a list of headers: ${headers}")
    endif()
    refuse_words("${headers}" "the headers of a core consumer" /boost/ /sqlite /hiredis /toml /libxml /xmlsec /openssl/)
    file(STRINGS ${folder}/CMakeCache.txt cache REGEX "^[A-Za-z]")  # the entries, not what is said of them
    list(JOIN cache "\n" cache)
    refuse_words("${cache}" "what CMake looked for" sqlite Sqlite hiredis Hiredis toml ${ARGN})
endfunction()
