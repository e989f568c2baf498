#include "client.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <iterator>
#include <list>
#include <mutex>
#include <optional>
#include <utility>

#include "address.hpp"
#include "dispatcher.hpp"
#include "event_loop.hpp"
#include "slo/saml/sha1_name.hpp"
#include "slo/sp/store_error.hpp"
#include "subscription.hpp"

namespace slo::sp::redis {
namespace {

constexpr std::size_t most_at_work = 16 * 1024;

/// Gathering waits for the answers to some requests. Shared by the caller and the loop that answers.
class Gathering {
public:
    explicit Gathering(std::size_t count) : answers_(count), missing_(count) {}

    void put(std::size_t place, Result<Answer> answer) {
        const std::lock_guard lock(mutex_);
        answers_[place].emplace(std::move(answer));
        if (--missing_ == 0) complete_.notify_one();
    }
    /// The loop answers everything by its deadline. The wait ends all the same if the loop has no memory for that.
    [[nodiscard]] std::vector<Result<Answer>> wait(Moment deadline) {
        constexpr std::chrono::seconds grace{1};
        std::unique_lock lock(mutex_);
        complete_.wait_until(lock, deadline + grace, [this] { return missing_ == 0; });
        std::vector<Result<Answer>> answers;
        answers.reserve(answers_.size());
        for (auto& answer : answers_) {
            answers.push_back(answer ? *std::move(answer)
                                     : fail(StoreErrc::store_failed, "the client ran out of memory"));
        }
        return answers;
    }

private:
    std::mutex mutex_;
    std::condition_variable complete_;
    std::vector<std::optional<Result<Answer>>> answers_;
    std::size_t missing_;
};

/// CountedIn adds to a sum for as long as it lives.
class CountedIn {
public:
    CountedIn(std::atomic<std::size_t>& sum, std::size_t count) noexcept : sum_(sum), count_(count) { sum_ += count; }
    ~CountedIn() { sum_ -= count_; }
    CountedIn(const CountedIn&) = delete;
    CountedIn& operator=(const CountedIn&) = delete;

private:
    std::atomic<std::size_t>& sum_;
    std::size_t count_;
};

/// Opening is the state that open() waits for.
class Opening {
public:
    void tell_ready() {
        const std::lock_guard lock(mutex_);
        ready_ = true;
        changed_.notify_all();
    }
    void tell(const Trouble& trouble) {
        const std::lock_guard lock(mutex_);
        trouble_ = trouble;
        changed_.notify_all();
    }
    [[nodiscard]] Result<void> wait(std::chrono::milliseconds patience) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, patience, [this] { return ready_ || (trouble_ && trouble_->lasting); });
        if (ready_) return Done{};
        const std::string reason = trouble_ ? trouble_->text : "no server answered in time";
        return fail(StoreErrc::store_unusable,
                    "the Redis servers can't be used: " + reason + "; check the addresses and that they are up");
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool ready_ = false;
    std::optional<Trouble> trouble_;
};

/// Channel is a caller's subscription, as Client::subscribe() was told.
struct Channel {
    std::string name;
    std::function<void(std::string_view)> on_message;
    std::function<void()> on_gap;
};

Result<std::vector<Address>> parse_addresses(const RedisServers& servers) {
    std::vector<Address> addresses;
    for (const std::string& text : servers.addresses) {
        auto address = parse_address(text);
        if (!address) return std::move(address).error();
        addresses.push_back(*std::move(address));
    }
    if (addresses.empty()) return fail(StoreErrc::store_unusable, "no address of a Redis server is configured");
    if (servers.topology == RedisTopology::single && addresses.size() > 1) {
        return fail(StoreErrc::store_unusable,
                    "a single Redis server has one address: remove the others, or name the topology");
    }
    if (servers.topology == RedisTopology::sentinel && servers.sentinel_master.empty()) {
        return fail(StoreErrc::store_unusable, "Sentinels are asked for a master by name: configure it");
    }
    if (servers.deadline < std::chrono::milliseconds(10)) {
        return fail(StoreErrc::store_unusable, "the deadline for the Redis servers must be 10 ms at least");
    }
    return addresses;
}

}  // namespace

Script make_script(std::string_view source) {
    return {source, saml::sha1_name(source)};
}

struct Client::Impl {
    explicit Impl(RedisServers wanted) : servers(std::move(wanted)) {}
    ~Impl() { close(); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    /// Throws std::bad_alloc, and then nothing was handed in.
    void hand_in(std::vector<OperationPtr> operations);
    void drain_inbox();
    void close();
    /// Closes all connections and makes them again: requests at work fail. The loop's thread only.
    void begin_anew();
    void listen(const Channel& channel);
    /// Runs `act` on the loop's thread, and waits for it.
    void on_loop(const std::function<void()>& act);
    [[nodiscard]] std::vector<Result<Answer>> call_all(std::vector<Request> requests,
                                                       const std::vector<Address>& pinned);

    RedisServers servers;
    std::vector<Address> addresses;
    std::shared_ptr<Opening> opening = std::make_shared<Opening>();
    Tallies tallies;
    std::atomic<std::size_t> at_work = 0;
    std::mutex inbox_mutex;
    std::vector<OperationPtr> inbox;
    EventLoop loop;
    std::shared_ptr<TlsClient> tls;
    std::unique_ptr<Dispatcher> dispatcher;  // the loop's thread only, like these
    std::list<Channel> channels;
    std::vector<std::unique_ptr<Subscription>> subscriptions;
};

void Client::Impl::on_loop(const std::function<void()>& act) {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    std::exception_ptr thrown;
    loop.post([&] {
        try {
            act();
        } catch (...) {
            thrown = std::current_exception();
        }
        const std::lock_guard lock(mutex);
        done = true;
        changed.notify_one();
    });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return done; });
    if (thrown) std::rethrow_exception(thrown);
}

void Client::Impl::close() {
    loop.stop();  // first, and not by a task in the loop, which takes memory
    subscriptions.clear();
    dispatcher.reset();
}

void Client::Impl::begin_anew() {
    subscriptions.clear();
    dispatcher.reset();
    dispatcher = std::make_unique<Dispatcher>(
        loop, servers, addresses, tls, tallies,
        Dispatcher::Events{.on_ready = [opening = opening] { opening->tell_ready(); },
                           .on_trouble = [opening = opening](const Trouble& trouble) { opening->tell(trouble); },
                           .on_silence =
                               [this](const Address& master) {
                                   for (const auto& one : subscriptions) one->doubt(master);
                               }});
    for (const Channel& channel : channels) listen(channel);
}

void Client::Impl::listen(const Channel& channel) {
    subscriptions.push_back(std::make_unique<Subscription>(
        loop, SubscriptionOptions{.connection = {.address = {},
                                                 .tls = tls,
                                                 .credentials = {servers.user, servers.password},
                                                 .expected = Expected::master,
                                                 .patience = std::max(servers.deadline, shortest_patience)},
                                  .channel = channel.name,
                                  .on_message = channel.on_message,
                                  .on_gap = channel.on_gap,
                                  .masters = [this] { return dispatcher->masters(); }}));
}

void Client::Impl::hand_in(std::vector<OperationPtr> operations) {
    const std::lock_guard lock(inbox_mutex);
    const std::size_t needed = inbox.size() + operations.size();
    if (needed > inbox.capacity()) inbox.reserve(std::max(needed, 2 * inbox.capacity()));
    if (inbox.empty()) loop.post([this] { drain_inbox(); });
    // Nothing below fails. Operations that waited for a drain that wasn't posted would keep all later ones waiting.
    std::ranges::move(operations, std::back_inserter(inbox));
}

void Client::Impl::drain_inbox() {
    std::vector<OperationPtr> taken;
    {
        const std::lock_guard lock(inbox_mutex);
        taken.swap(inbox);
    }
    for (const auto& operation : taken) dispatcher->take(operation);
}

std::vector<Result<Answer>> Client::Impl::call_all(std::vector<Request> requests, const std::vector<Address>& pinned) {
    if (requests.empty()) return {};
    const std::size_t count = requests.size();
    const CountedIn counted(at_work, count);
    if (at_work > most_at_work) {
        return {count, fail(StoreErrc::store_failed, "too many requests wait for the Redis servers")};
    }
    const auto gathering = std::make_shared<Gathering>(count);
    const Moment deadline = SteadyClock::now() + servers.deadline;
    std::vector<OperationPtr> operations;
    for (std::size_t i = 0; i < count; ++i) {
        auto operation = std::make_shared<Operation>();
        operation->request = std::move(requests[i]);
        operation->deadline = deadline;
        operation->done = [gathering, i](Result<Answer> answer) { gathering->put(i, std::move(answer)); };
        if (!pinned.empty()) operation->pinned = pinned[i];
        operations.push_back(std::move(operation));
    }
    hand_in(std::move(operations));
    return gathering->wait(deadline);
}

Client::Client(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Client::~Client() = default;

Result<std::unique_ptr<Client>> Client::open(RedisServers servers) {
    auto addresses = parse_addresses(servers);
    if (!addresses) return std::move(addresses).error();
    auto impl = std::make_unique<Impl>(std::move(servers));
    if (impl->servers.tls) {
        auto tls = make_tls_client(*impl->servers.tls);
        if (!tls) return std::move(tls).error();
        impl->tls = *std::move(tls);
    }
    impl->addresses = *std::move(addresses);
    impl->on_loop([client = impl.get()] {
        client->begin_anew();
        client->loop.when_broken([client] { client->begin_anew(); });
    });
    if (auto opened = impl->opening->wait(impl->servers.deadline); !opened) return std::move(opened).error();
    return std::unique_ptr<Client>(new Client(std::move(impl)));
}

Result<Answer> Client::call(Request request) {
    std::vector<Request> one;
    one.push_back(std::move(request));
    return std::move(call_all(std::move(one)).front());
}

std::vector<Result<Answer>> Client::call_all(std::vector<Request> requests) {
    return impl_->call_all(std::move(requests), {});
}

Result<std::vector<Address>> Client::masters() {
    std::vector<Address> masters;
    impl_->on_loop([&] { masters = impl_->dispatcher->masters(); });
    if (masters.empty()) return fail(StoreErrc::store_failed, "the Redis servers' masters aren't known");
    std::ranges::sort(masters);
    return masters;
}

std::vector<Result<Answer>> Client::call_at(const std::vector<Address>& masters,
                                            const std::vector<std::string>& words) {
    return impl_->call_all({masters.size(), Request{.words = words}}, masters);
}

Result<std::vector<Answer>> Client::call_on_each_master(const std::vector<std::string>& words) {
    const auto all = masters();
    if (!all) return all.error();
    std::vector<Answer> answers;
    for (auto& answer : call_at(*all, words)) {
        if (!answer) return std::move(answer).error();
        answers.push_back(*std::move(answer));
    }
    return answers;
}

void Client::subscribe(std::string channel, std::function<void(std::string_view)> on_message,
                       std::function<void()> on_gap) {
    impl_->on_loop([&] {
        impl_->channels.push_back({std::move(channel), std::move(on_message), std::move(on_gap)});
        impl_->listen(impl_->channels.back());
    });
}

Client::Counters Client::counters() const noexcept {
    return {.reconnects = impl_->tallies.reconnects, .redirections = impl_->tallies.redirections};
}

}  // namespace slo::sp::redis
