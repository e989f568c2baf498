#include "outer_application.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace slo::test {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// What an application may do, and how often of a hundred times. The nodes wait for a second.
struct Habit {
    unsigned of_hundred;
    milliseconds least;
    milliseconds most;
    unsigned fails_of_hundred;  ///< at a session
    bool hangs_up;
};
constexpr std::array<Habit, 6> habits{{
    {58, 0ms, 20ms, 5, false},
    {12, 0ms, 300ms, 90, false},
    {15, 300ms, 900ms, 30, false},
    {6, 900ms, 1500ms, 50, false},
    {5, 1500ms, 7000ms, 50, false},
    {4, 0ms, 1200ms, 100, true},
}};

}  // namespace

OuterApplication::OuterApplication(const std::vector<std::shared_ptr<Machine>>& machines, Recorder& recorder,
                                   std::uint64_t seed, Manners manners)
    : recorder_(recorder), manners_(manners), random_(seed) {
    for (const auto& machine : machines) machine->run([this] { listen(); });
    recorder_.applications_are_told();
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
}

OuterApplication::~OuterApplication() = default;

void OuterApplication::listen() {
    Listener listener{Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0))};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener.descriptor.get(), generic, size) != 0 || ::listen(listener.descriptor.get(), 128) != 0 ||
        ::getsockname(listener.descriptor.get(), generic, &size) != 0) {
        throw std::runtime_error("the application can't listen");
    }
    listener.port = ntohs(address.sin_port);
    listeners_.push_back(std::move(listener));
}

void OuterApplication::stop() {
    thread_.request_stop();
    thread_.join();
    for (const auto& call : calls_) write_down(*call, Moment::max(), false);
}

int OuterApplication::patience() const {
    milliseconds longest{20};  // to notice that it is to stop, or to be quick
    for (const auto& call : calls_) {
        longest = std::min(longest, std::chrono::ceil<milliseconds>(call->due - SteadyClock::now()));
    }
    return static_cast<int>(std::max(longest, 0ms).count());
}

void OuterApplication::serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        std::vector<pollfd> polled;
        for (const Listener& listener : listeners_) {
            polled.push_back({.fd = listener.descriptor.get(), .events = POLLIN, .revents = 0});
        }
        for (const auto& call : calls_) {
            polled.push_back({.fd = call->node_side.get(), .events = POLLIN, .revents = 0});
        }
        if (::poll(polled.data(), polled.size(), patience()) < 0) continue;
        std::size_t at = listeners_.size();
        std::erase_if(calls_, [&](const auto& call) {
            if (polled[at++].revents != 0 && !read(*call)) return true;
            if (!call->sessions.empty() && (quick_ || call->due <= SteadyClock::now())) {
                finish(*call);
                return true;
            }
            return false;
        });
        for (std::size_t node = 0; node < listeners_.size(); ++node) {
            if (polled[node].revents != 0) take(node);
        }
    }
}

void OuterApplication::take(std::size_t node) {
    Descriptor node_side(::accept4(listeners_[node].descriptor.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!node_side.is_open()) return;
    calls_.push_back(std::make_unique<Call>(Call{.node_side = std::move(node_side), .node = node}));
}

bool OuterApplication::read(Call& call) {
    std::array<char, 4096> octets{};
    const ssize_t count = ::recv(call.node_side.get(), octets.data(), octets.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    if (count <= 0 && manners_ == Manners::lying && !call.sessions.empty()) {
        call.node_side = Descriptor();  // the call has its answer
        return true;
    }
    if (count <= 0) {
        write_down(call, SteadyClock::now(), false);
        return false;
    }
    call.text.append(octets.data(), static_cast<std::size_t>(count));
    if (call.sessions.empty() && call.text.ends_with('\n')) begin(call);
    return true;
}

void OuterApplication::begin(Call& call) {
    std::istringstream words(call.text);
    for (std::string id; words >> id;) {
        const auto session = recorder_.place_of(id);
        if (!session) throw std::logic_error("an application is called for a session that doesn't exist");
        call.sessions.push_back(*session);
    }
    call.begin = SteadyClock::now();
    decide(call);
    if (manners_ == Manners::lying) send_answer(call, std::vector(call.sessions.size(), ApplicationAnswer::gone));
}

void OuterApplication::decide(Call& call) {
    unsigned dice = static_cast<unsigned>(random_() % 100);
    const Habit* habit = habits.data();
    while (dice >= habit->of_hundred) dice -= habit++->of_hundred;
    const auto width = static_cast<std::uint64_t>((habit->most - habit->least).count()) + 1;
    call.due = call.begin + habit->least + milliseconds(static_cast<std::int64_t>(random_() % width));
    call.hangs_up = habit->hangs_up;
    for (std::size_t i = 0; i < call.sessions.size(); ++i) {
        const bool fails = random_() % 100 < habit->fails_of_hundred;
        call.answers.push_back(fails ? ApplicationAnswer::failed : ApplicationAnswer::gone);
    }
    if (manners_ == Manners::honest) return;
    call.due = call.begin + 300ms;
    call.answers.assign(call.sessions.size(), ApplicationAnswer::failed);
}

/// Its work is done, and written down, before the answer is sent.
void OuterApplication::finish(Call& call) {
    const bool ends_all = quick_ && manners_ == Manners::honest;
    call.hangs_up = call.hangs_up && !ends_all;
    for (std::size_t i = 0; i < call.sessions.size(); ++i) {
        ApplicationAnswer& answer = call.answers[i];
        if (ends_all) answer = ApplicationAnswer::gone;
        if (answer == ApplicationAnswer::gone && !call.hangs_up) gone_.insert(call.sessions[i]);
        if (!call.hangs_up && gone_.contains(call.sessions[i])) answer = ApplicationAnswer::gone;
    }
    write_down(call, SteadyClock::now(), true);
    if (!call.hangs_up && manners_ == Manners::honest) send_answer(call, call.answers);
}

void OuterApplication::write_down(const Call& call, Moment end, bool is_answered) const {
    const auto instead = end == Moment::max() ? ApplicationAnswer::none : ApplicationAnswer::broken_off;
    for (std::size_t i = 0; i < call.sessions.size(); ++i) {
        recorder_.add(ApplicationCall{.session = call.sessions[i],
                                      .node = call.node,
                                      .span = {.begin = call.begin, .end = end},
                                      .answer = is_answered ? call.answers[i] : instead});
    }
}

void OuterApplication::send_answer(const Call& call, const std::vector<ApplicationAnswer>& answers) {
    std::string text;
    for (const ApplicationAnswer answer : answers) text += answer == ApplicationAnswer::gone ? "gone " : "failed ";
    text.back() = '\n';
    // If the node no longer reads, it needs no answer.
    static_cast<void>(::send(call.node_side.get(), text.data(), text.size(), MSG_NOSIGNAL));
}

}  // namespace slo::test
