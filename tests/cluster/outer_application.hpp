// The service provider's application, outside of the nodes: slow, failing, silent. It writes its calls down.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "history.hpp"
#include "network.hpp"

namespace slo::test {

/// Whether its reports are true.
enum class Manners {
    honest,
    lying,  ///< says at once that a session is gone, works on, and fails
};

/// OuterApplication listens on the loopback of each node's machine. A call is a line with the ids of sessions; the
/// answer is a line with "gone" or "failed" for each. It takes its time, long beyond the nodes' deadline now and then;
/// it fails at some, and hangs up without a word. A session that is gone stays gone. It works in a thread of its own.
class OuterApplication {
public:
    /// `machines` are the nodes'. `recorder` must outlive it. Throws std::runtime_error if it can't listen.
    OuterApplication(const std::vector<std::shared_ptr<Machine>>& machines, Recorder& recorder, std::uint64_t seed,
                     Manners manners);
    ~OuterApplication();
    OuterApplication(const OuterApplication&) = delete;
    OuterApplication& operator=(const OuterApplication&) = delete;

    /// The port on the machine of the node.
    [[nodiscard]] std::uint16_t port(std::size_t node) const { return listeners_[node].port; }
    /// From now on it ends everything at once, also what it is at work on.
    void be_quick() noexcept { quick_ = true; }
    /// Writes down the calls still at work. To be called once, when nothing is asked any more.
    void stop();

private:
    struct Listener {
        Descriptor descriptor;
        std::uint16_t port = 0;
    };
    struct Call {
        Descriptor node_side;
        std::size_t node;
        std::string text = {};  // the result so far
        std::vector<std::size_t> sessions = {};
        std::vector<ApplicationAnswer> answers = {};
        Moment begin = {};
        Moment due = Moment::max();
        bool hangs_up = false;
    };

    void listen();
    void serve(const std::stop_token& stop);
    [[nodiscard]] int patience() const;
    void take(std::size_t node);
    // False: the call is over.
    [[nodiscard]] bool read(Call& call);
    void begin(Call& call);
    void decide(Call& call);
    void finish(Call& call);
    void write_down(const Call& call, Moment end, bool is_answered) const;
    static void send_answer(const Call& call, const std::vector<ApplicationAnswer>& answers);

    Recorder& recorder_;
    Manners manners_;
    std::mt19937_64 random_;
    std::vector<Listener> listeners_;
    std::vector<std::unique_ptr<Call>> calls_;
    std::unordered_set<std::size_t> gone_;  // sessions
    std::atomic<bool> quick_ = false;
    std::jthread thread_;
};

}  // namespace slo::test
