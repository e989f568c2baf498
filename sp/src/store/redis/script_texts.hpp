// The scripts' texts in Lua, by purpose; store_scripts.cpp composes them. A text uses the texts before it in a script,
// and the constants that are declared before all of them: no text has a number of a record's layout.
#pragma once

#include <string_view>

namespace slo::sp::redis::lua {

// A login's, in admission_scripts.cpp.
extern const std::string_view barring;
extern const std::string_view capping;
extern const std::string_view admit_body;
extern const std::string_view would_admit_body;
extern const std::string_view withdraw_body;

// A logout's, in logout_scripts.cpp.
extern const std::string_view granting;
extern const std::string_view begin_body;
extern const std::string_view resume_body;
extern const std::string_view dropping;
extern const std::string_view drop_body;
extern const std::string_view complete_body;
extern const std::string_view look_body;

// Those of our own requests, in request_scripts.cpp.
extern const std::string_view weighing;
extern const std::string_view keep_request_body;
extern const std::string_view take_requests_body;
extern const std::string_view drop_request_body;

}  // namespace slo::sp::redis::lua
