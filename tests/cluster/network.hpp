// A network of our own: each machine of the trial is a network namespace, and its cable can be pulled.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace slo::test {

/// An open descriptor.
class Descriptor {
public:
    explicit Descriptor(int descriptor = -1) noexcept : descriptor_(descriptor) {}
    Descriptor(Descriptor&& other) noexcept;
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor();
    [[nodiscard]] int get() const noexcept { return descriptor_; }
    [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }

private:
    int descriptor_;
};

/// Machine is a place for processes. If namespaces aren't allowed, every machine is this one.
class Machine {
public:
    /// The address by which the other machines reach it.
    [[nodiscard]] const std::string& address() const noexcept { return address_; }
    [[nodiscard]] bool is_separate() const noexcept { return space_.is_open(); }

    /// Runs `act` there, in the caller's thread: sockets that it makes belong to the machine, processes run there.
    void run(const std::function<void()>& act) const;
    /// Pulls the cable and puts it back. Octets sent meanwhile are lost. Only if it is separate.
    void cut_off() const;
    void reconnect() const;
    /// Plugs it into another switch, where it reaches only machines moved there too; reconnect() undoes it.
    void isolate() const;

private:
    friend class Network;
    Machine(std::string address, std::string cable, Descriptor space);
    std::string address_;
    std::string cable_;
    Descriptor space_;
};

/// Network is a switch in a namespace of this process' own, with the machines that are plugged into it. All of it is
/// gone with the process, and nothing of it is seen outside.
class Network {
public:
    /// Moves the calling thread, and every thread that it starts from now on, into the namespace with the switch, if
    /// that is allowed. To be called once, before there are other threads.
    Network();
    [[nodiscard]] bool has_namespaces() const noexcept { return home_.is_open(); }
    /// The address by which the machines reach a process that runs on none of them.
    [[nodiscard]] std::string home_address() const { return has_namespaces() ? "10.9.0.1" : "127.0.0.1"; }
    /// Throws std::runtime_error if the machine can't be made.
    [[nodiscard]] std::shared_ptr<Machine> add_machine();

private:
    Descriptor home_;
    unsigned machines_ = 0;
};

}  // namespace slo::test
