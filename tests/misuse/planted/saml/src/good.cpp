#include <libxml/tree.h>
#include <openssl/evp.h>
#include <xmlsec/xmlsec.h>

#include <string>

#include "slo/saml/keys.hpp"
