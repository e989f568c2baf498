#include "slo/sp/logout_service.hpp"
#include "slo/sp/session.hpp"
