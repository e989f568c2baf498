#include <cstdlib>

int planted() {
    return std::system("x");
}
