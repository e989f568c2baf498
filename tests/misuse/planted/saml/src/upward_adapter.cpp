#include "slo/asio.hpp"
