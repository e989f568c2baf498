// The scripts' texts in Lua, by purpose; store_scripts.cpp composes them. A text uses what stands before it in a
// script, and the constants that are declared before all of them: no text has a number of a record's layout.
#pragma once

#include <string_view>

namespace slo::sp::redis::lua {

// A login's, in admission_scripts.cpp.
extern const std::string_view barring;
extern const std::string_view capping;
extern const std::string_view admit;
extern const std::string_view would_admit;
extern const std::string_view withdraw;

// A logout's, in logout_scripts.cpp.
extern const std::string_view granting;
extern const std::string_view begin;
extern const std::string_view resume;
extern const std::string_view dropping;
extern const std::string_view drop;
extern const std::string_view complete;
extern const std::string_view look;

// Those of our own requests, in request_scripts.cpp.
extern const std::string_view weighing;
extern const std::string_view keep_request;
extern const std::string_view take_requests;
extern const std::string_view drop_request;

}  // namespace slo::sp::redis::lua
