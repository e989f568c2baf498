#include "dispatcher.hpp"

#include <algorithm>
#include <utility>

#include "slo/sp/store_error.hpp"

namespace slo::sp::redis {
namespace {

constexpr unsigned prompt_redirections = 5;          // the next ones wait: two servers may disagree for a while
constexpr std::chrono::milliseconds retry_tick{20};  // for operations that wait for a moment, not for an event

}  // namespace

Dispatcher::Dispatcher(EventLoop& loop, RedisServers servers, std::vector<Address> addresses,
                       std::shared_ptr<TlsClient> tls, Tallies& tallies, Events events)
    : loop_(loop),
      servers_options_(std::move(servers)),
      tls_(std::move(tls)),
      tallies_(tallies),
      events_(std::move(events)),
      expiry_timer_(loop.make_timer()),
      retry_timer_(loop.make_timer()) {
    topology_ = make_topology(loop, {.servers = servers_options_,
                                     .addresses = std::move(addresses),
                                     .tls = tls_,
                                     .on_learned = [this] { on_learned(); },
                                     .on_trouble =
                                         [this](const Trouble& trouble) {
                                             last_trouble_ = trouble.text;
                                             events_.on_trouble(trouble);
                                         }});
    on_learned();
}

Dispatcher::~Dispatcher() {
    events_ = {.on_ready = [] {}, .on_trouble = [](const Trouble&) {}, .on_silence = [](const Address&) {}};
    while (!at_work_.empty())
        finish(*at_work_.front(), fail(StoreErrc::store_failed, "being closed"));  // takes no memory
}

// Without memory the operation is refused, and all that remains of it is harmless: a timer, a connection, an entry in a
// queue that skips finished ones.
void Dispatcher::take(const OperationPtr& operation) noexcept {
    try {
        operation->place = at_work_.insert(at_work_.end(), operation);
    } catch (...) {
        return operation->done(fail(StoreErrc::store_failed, "out of memory"));  // so short that it takes none
    }
    try {
        begin(operation);
    } catch (...) {
        finish(*operation, fail(StoreErrc::store_failed, "out of memory"));
    }
}

void Dispatcher::begin(const OperationPtr& operation) {
    schedule_expiry();
    dispatch(operation);
}

Server& Dispatcher::server_at(const Address& address) {
    auto& server = servers_[address];
    if (!server) {
        server = std::make_shared<Server>(
            loop_,
            ServerOptions{.connection = {.address = address,
                                         .tls = tls_,
                                         .credentials = {servers_options_.user, servers_options_.password},
                                         .expected = Expected::master,
                                         .patience = std::max(servers_options_.deadline, shortest_patience)},
                          .replicas = servers_options_.replicas},
            static_cast<ServerListener&>(*this));
    }
    return *server;
}

Server* Dispatcher::server_of(const Operation& operation) {
    if (operation.pinned) return &server_at(*operation.pinned);
    if (operation.redirection) return &server_at(operation.redirection->address);
    const auto address = topology_->master_of(operation.request.key);
    return address ? &server_at(*address) : nullptr;
}

void Dispatcher::dispatch(const OperationPtr& operation) {
    if (operation->finished) return;
    if (operation->not_before > SteadyClock::now()) return park(operation);
    Server* const server = server_of(*operation);
    if (server == nullptr) topology_->doubt();
    if (server == nullptr || !server->takes(*operation)) return park(operation);
    server->submit(operation);
}

void Dispatcher::park(OperationPtr operation) {
    parked_.push_back(std::move(operation));
    schedule_retry();
}

void Dispatcher::postpone(const OperationPtr& operation) {
    BackOff back_off;
    auto wait = back_off.next(random_);
    for (unsigned i = 0; i < std::min(operation->tries, 4U); ++i) wait = back_off.next(random_);
    ++operation->tries;
    operation->not_before = SteadyClock::now() + wait;
    park(operation);
}

void Dispatcher::schedule_retry() {
    if (retry_scheduled_ || parked_.empty()) return;
    retry_timer_->start(SteadyClock::now() + retry_tick, [this] {
        retry_scheduled_ = false;
        retry_parked();
    });
    retry_scheduled_ = true;
}

void Dispatcher::retry_parked() {
    for (const auto& operation : std::exchange(parked_, {})) dispatch(operation);
}

void Dispatcher::on_unanswered(OperationPtr operation) {
    operation->redirection.reset();
    if (!operation->finished) park(std::move(operation));
}

void Dispatcher::on_ready(Server&) {
    retry_parked();
    tell_if_ready();
}

void Dispatcher::on_trouble(Server& server, const Trouble& trouble) {
    last_trouble_ = trouble.text;
    // An operation that another server redirected there asks the map again.
    for (const auto& operation : parked_) {
        if (operation->redirection && operation->redirection->address == server.address()) {
            operation->redirection.reset();
        }
    }
    topology_->doubt();
    events_.on_silence(server.address());
    events_.on_trouble(trouble);
}

void Dispatcher::on_lost(Server&) {
    ++tallies_.reconnects;
}

void Dispatcher::on_learned() {
    for (const Address& address : topology_->masters()) static_cast<void>(server_at(address));
    close_former_masters();
    retry_parked();
    tell_if_ready();
}

// A server to which another one has just redirected may be a master that the map doesn't know yet.
void Dispatcher::close_former_masters() {
    const auto masters = topology_->masters();
    const auto is_wanted = [&](const Address& address) {
        return std::ranges::find(masters, address) != masters.end() ||
               std::ranges::any_of(parked_, [&](const OperationPtr& operation) {
                   return (operation->pinned && *operation->pinned == address) ||
                          (operation->redirection && operation->redirection->address == address);
               });
    };
    for (auto it = servers_.begin(); it != servers_.end();) {
        if (is_wanted(it->first)) {
            ++it;
            continue;
        }
        const auto former = std::move(it->second);
        it = servers_.erase(it);
        former->close();
        loop_.retire(former);
    }
}

void Dispatcher::tell_if_ready() {
    const auto masters = topology_->masters();
    const Operation ordinary{.request = {}, .deadline = {}, .done = {}};
    const auto takes = [&](const Address& address) { return server_at(address).takes(ordinary); };
    if (masters.empty() || !std::ranges::all_of(masters, takes)) return;
    topology_->trust();
    events_.on_ready();
}

void Dispatcher::on_reply(Server& server, OperationPtr operation, Answer answer) {
    if (operation->finished) return;
    operation->redirection.reset();
    std::visit([&](const auto& verdict) { act_on(verdict, server, operation, answer); },
               judge(answer.reply, server.address()));
}

void Dispatcher::act_on(const IsAnswer&, Server&, const OperationPtr& operation, Answer& answer) {
    finish(*operation, std::move(answer));
}

void Dispatcher::act_on(const TryLater&, Server&, const OperationPtr& operation, Answer& answer) {
    last_trouble_ = "the servers aren't ready (" + std::string(error_code(answer.reply)) + ")";
    topology_->doubt();
    postpone(operation);
}

void Dispatcher::act_on(const SendSource&, Server&, const OperationPtr& operation, Answer& answer) {
    if (operation->request.script == nullptr || operation->source_wanted) {
        return finish(*operation, std::move(answer));
    }
    operation->source_wanted = true;
    dispatch(operation);
}

void Dispatcher::act_on(const NotMaster&, Server& server, const OperationPtr& operation, Answer&) {
    postpone(operation);
    server.distrust();
}

void Dispatcher::act_on(const Redirection& verdict, Server& server, const OperationPtr& operation, Answer& answer) {
    if (operation->pinned) return finish(*operation, std::move(answer));
    if (!topology_->redirects()) {
        return finish(*operation, fail(StoreErrc::store_failed,
                                       server.address().str() + ": it is one of a Cluster: configure that topology"));
    }
    ++tallies_.redirections;
    if (!verdict.asking) topology_->doubt();
    if (operation->tries >= prompt_redirections) return postpone(operation);
    ++operation->tries;
    operation->redirection = verdict;
    dispatch(operation);
}

void Dispatcher::finish(Operation& operation, Result<Answer> answer) {
    if (std::exchange(operation.finished, true)) return;
    const auto done = std::exchange(operation.done, nullptr);
    const OperationPtr kept = *operation.place;
    at_work_.erase(operation.place);
    done(std::move(answer));
}

void Dispatcher::schedule_expiry() {
    if (expiry_scheduled_ || at_work_.empty()) return;
    expiry_timer_->start(at_work_.front()->deadline, [this] { expire(); });
    expiry_scheduled_ = true;
}

void Dispatcher::expire() {
    expiry_scheduled_ = false;
    const Moment now = SteadyClock::now();
    while (!at_work_.empty() && at_work_.front()->deadline <= now) {
        finish(*at_work_.front(),
               fail(StoreErrc::store_failed,
                    "no Redis server answered in time" + (last_trouble_.empty() ? "" : "; last: " + last_trouble_)));
    }
    std::erase_if(parked_, [](const OperationPtr& operation) { return operation->finished; });
    schedule_expiry();
}

}  // namespace slo::sp::redis
