#include "network.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace slo::test {
namespace {

constexpr const char* own_namespace = "/proc/thread-self/ns/net";

Descriptor current_namespace() {
    return Descriptor(::open(own_namespace, O_RDONLY | O_CLOEXEC));
}

/// Runs iproute2's ip in the calling thread's namespace.
bool ip(const std::vector<std::string>& words) {
    std::vector<std::string> copies = words;
    copies.insert(copies.begin(), "ip");
    std::vector<char*> arguments;
    for (std::string& word : copies) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
        // A refusal is noticed by the exit code.
        const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
        ::dup2(nowhere, STDERR_FILENO);
        ::execvp(arguments[0], arguments.data());
        ::execv("/usr/sbin/ip", arguments.data());
        ::_exit(127);
    }
    int status = -1;
    return child > 0 && ::waitpid(child, &status, 0) == child && status == 0;
}

void require(bool done, const std::string& what) {
    if (!done) throw std::runtime_error("the network: " + what);
}

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

Descriptor::~Descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Machine::Machine(std::string address, std::string cable, Descriptor space)
    : address_(std::move(address)), cable_(std::move(cable)), space_(std::move(space)) {}

void Machine::run(const std::function<void()>& act) const {
    if (!is_separate()) return act();
    const Descriptor home = current_namespace();
    require(::setns(space_.get(), CLONE_NEWNET) == 0, "can't go to a machine");
    try {
        act();
    } catch (...) {
        ::setns(home.get(), CLONE_NEWNET);
        throw;
    }
    require(::setns(home.get(), CLONE_NEWNET) == 0, "can't come home");
}

void Machine::cut_off() const {
    require(is_separate() && ip({"link", "set", cable_, "down"}), "can't pull a cable");
}

void Machine::reconnect() const {
    require(is_separate() && ip({"link", "set", cable_, "master", "switch", "up"}), "can't put a cable back");
}

void Machine::isolate() const {
    require(is_separate() && ip({"link", "set", cable_, "master", "island"}), "can't move a cable");
}

Network::Network() {
    const Descriptor outside = current_namespace();
    if (::unshare(CLONE_NEWNET) != 0) return;
    const bool works = ip({"link", "set", "lo", "up"}) && ip({"link", "add", "switch", "type", "bridge"}) &&
                       ip({"address", "add", "10.9.0.1/24", "dev", "switch"}) && ip({"link", "set", "switch", "up"}) &&
                       ip({"link", "add", "island", "type", "bridge"}) && ip({"link", "set", "island", "up"});
    if (works) {
        home_ = current_namespace();
    } else {
        ::setns(outside.get(), CLONE_NEWNET);
    }
}

std::shared_ptr<Machine> Network::add_machine() {
    if (!has_namespaces()) return std::shared_ptr<Machine>(new Machine("127.0.0.1", "", Descriptor()));
    ++machines_;
    const std::string cable = "port" + std::to_string(machines_);
    const std::string plug = "plug" + std::to_string(machines_);
    const std::string address = "10.9.0." + std::to_string(machines_ + 1);

    // A new namespace, and home again: a link is handed over to a namespace by the number of a descriptor of ours.
    require(::unshare(CLONE_NEWNET) == 0, "no namespace");
    Descriptor space = current_namespace();
    require(::setns(home_.get(), CLONE_NEWNET) == 0, "can't come home");
    const std::string there = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(space.get());
    require(ip({"link", "add", cable, "type", "veth", "peer", "name", plug, "netns", there}), "no cable");
    require(ip({"link", "set", cable, "master", "switch", "up"}), "no place in the switch");
    std::shared_ptr<Machine> machine(new Machine(address, cable, std::move(space)));
    machine->run([&] {
        require(ip({"link", "set", "lo", "up"}) && ip({"address", "add", address + "/24", "dev", plug}) &&
                    ip({"link", "set", plug, "up"}),
                "no address");
    });
    return machine;
}

}  // namespace slo::test
