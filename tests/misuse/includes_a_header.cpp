// Includes the header that SLO_HEADER names. Whether that compiles depends on the include paths alone.
#include SLO_HEADER
