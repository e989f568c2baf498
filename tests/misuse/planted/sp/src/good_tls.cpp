#include <openssl/err.h>
#include <openssl/ssl.h>

#include <boost/asio/ssl/context.hpp>

#include "slo/saml/keys.hpp"
#include "slo/sp/clock.hpp"
