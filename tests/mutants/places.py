"""Which sources are mutated, which tests judge them, and where the texts of Lua and SQL are handed over."""

import fnmatch

# The stores and the logout core; not what reads configuration, metadata and keys, nor the HTTP server, whose checks the
# attack matrix proves one by one.
SOURCES = ["sp/src/" + pattern for pattern in ("logout/*", "store/*", "threads/start_and_wait.hpp", "http/http.cpp")]

TEXTS = {"sp/src/store/redis/admission_scripts.cpp": "Lua", "sp/src/store/redis/logout_scripts.cpp": "Lua",
         "sp/src/store/redis/request_scripts.cpp": "Lua", "sp/src/store/redis/store_scripts.cpp": "Lua",
         "sp/src/store/sqlite/statements.cpp": "SQL", "sp/src/store/sqlite/schema.cpp": "SQL"}

# What is written otherwise in the copy, so that a text's mutants can be chosen when it is handed over.
HOOKS = {
    "sp/src/store/redis/client.cpp": ("Script make_script(std::string_view source) {\n",
                                      "Script make_script(std::string_view source) { source = slo_mutants::text(source);\n"),
    "sp/src/store/sqlite/database.cpp": ("sqlite3_prepare_v3(database_.get(), sql,",
                                         "sqlite3_prepare_v3(database_.get(), slo_mutants::text(sql),"),
}

# Programs of Boost.Test, each case of which is run by itself, and others with their arguments. In this order they judge
# a mutant.
JUDGES = {
    "sp_test": None,
    "sqlite_crash_test": [],
    "redis_client_test": None,
    "simulate": ["--episodes", "60", "0", "21"],
    "server_test": None,
    "flow_test": None,
    "conformance_test": None,
    "redis_failover_test": None,
    "allocation_failure_test": ["--log_level=error",
                                "--run_test=allocation_failure/*store*,*redis*,*housekeeping*,*starts_here*"],
}


def is_mutated(file):
    return file.endswith((".cpp", ".hpp")) and any(fnmatch.fnmatch(file, pattern) for pattern in SOURCES)
