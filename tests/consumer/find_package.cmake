# Builds the program in SOURCE with find_package and runs it. CHECK: core, for what links nothing else.
include(${CMAKE_CURRENT_LIST_DIR}/checks.cmake)
file(REMOVE_RECURSE ${FOLDER})
run("configuring" ${CMAKE_COMMAND} -S ${SOURCE} -B ${FOLDER} -G "Unix Makefiles" -DCMAKE_PREFIX_PATH=${PREFIX}
    -DCMAKE_CXX_COMPILER=${COMPILER} "-DCMAKE_CXX_FLAGS=${FLAGS}" "-DCMAKE_EXE_LINKER_FLAGS=${LINKER_FLAGS}")
run("building" ${CMAKE_COMMAND} --build ${FOLDER})
run("a logout" ${FOLDER}/consumer ${FOLDER})
message("${output}")
if(CHECK STREQUAL "core")
    check_core_program(${FOLDER} Boost boost)
endif()
