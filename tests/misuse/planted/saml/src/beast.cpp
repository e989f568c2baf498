#include <boost/beast/zlib.hpp>
