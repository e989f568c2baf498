#  include <libxml/tree.h>
