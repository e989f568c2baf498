#include <boost/beast/http.hpp>

#include "slo/asio.hpp"
