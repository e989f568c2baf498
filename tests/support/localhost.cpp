#include "localhost.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <memory>
#include <stdexcept>

namespace slo::test {
namespace {

struct AddressesRelease {
    void operator()(addrinfo* addresses) const noexcept { ::freeaddrinfo(addresses); }
};

bool leads_to_this_machine(const std::string& name) {
    addrinfo wanted{};
    wanted.ai_family = AF_INET;
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(name.c_str(), nullptr, &wanted, &found) != 0) return false;
    const std::unique_ptr<addrinfo, AddressesRelease> addresses(found);
    for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
        if (reinterpret_cast<const sockaddr_in*>(one->ai_addr)->sin_addr.s_addr == htonl(INADDR_LOOPBACK)) return true;
    }
    return false;
}

}  // namespace

const std::string& localhost() {
    static const std::string name = "localhost";
    static const bool is_known = leads_to_this_machine(name);
    if (!is_known) {
        throw std::runtime_error(
            "this test needs the name localhost, which doesn't lead to 127.0.0.1 on this machine: add the line "
            "\"127.0.0.1 localhost\" to /etc/hosts");
    }
    return name;
}

}  // namespace slo::test
