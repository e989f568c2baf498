#pragma once

#include <boost/asio/awaitable.hpp>

#include "slo/sp/clock.hpp"
