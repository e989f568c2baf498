#include <libxml/parser.h>

// A comment may say xmlReadFile().
xmlDoc* planted() {
    return xmlReadFile("x", nullptr, 0);
}
