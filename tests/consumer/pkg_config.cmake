# Builds the program in SOURCE with pkg-config and make, and runs it.
include(${CMAKE_CURRENT_LIST_DIR}/checks.cmake)
file(REMOVE_RECURSE ${FOLDER})
file(MAKE_DIRECTORY ${FOLDER})
set(ENV{PKG_CONFIG_PATH} ${PREFIX}/${LIBDIR}/pkgconfig)
run("make" make -C ${FOLDER} -f ${SOURCE}/Makefile SOURCE=${SOURCE} CXX=${COMPILER} "CXXFLAGS=${FLAGS}"
    "LDFLAGS=${LINKER_FLAGS}")
run("a logout" ${FOLDER}/consumer ${FOLDER}/sessions)
message("${output}")
run("ldd" ldd ${FOLDER}/consumer)
refuse_words("${output}" "what a program with the store in a file loads" boost hiredis toml)
