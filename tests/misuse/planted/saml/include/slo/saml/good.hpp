#pragma once

#include <string_view>

#include "slo/saml/result.hpp"
