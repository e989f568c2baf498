# Compiles SOURCE twice: with GOOD_FLAGS it must compile, with BAD_FLAGS it must not, and the compiler must complain
# about what we expect. So no test passes because of a typing error in its source, nor for a reason that isn't its own.
# Variables: COMPILER, SOURCE, GOOD_FLAGS and BAD_FLAGS (lists), COMPLAINT (a regular expression).
function(compile flags status output)
    execute_process(COMMAND ${COMPILER} -std=c++20 -fsyntax-only -Werror=unused-result ${flags} ${SOURCE}
        RESULT_VARIABLE its_status ERROR_VARIABLE its_output OUTPUT_VARIABLE its_output)
    set(${status} "${its_status}" PARENT_SCOPE)
    set(${output} "${its_output}" PARENT_SCOPE)
endfunction()

compile("${GOOD_FLAGS}" status output)
if(NOT status STREQUAL "0")
    message(FATAL_ERROR "must compile without the misuse, but doesn't:\n${output}")
endif()
compile("${BAD_FLAGS}" status output)
if(status STREQUAL "0")
    message(FATAL_ERROR "must not compile, but does")
endif()
string(REPLACE "\n" " " output "${output}")
if(NOT output MATCHES "${COMPLAINT}")
    message(FATAL_ERROR "refused, but not for the expected reason (${COMPLAINT}):\n${output}")
endif()
