#include "site.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "slo/sp/memory_session_store.hpp"
#include "slo/sp/sqlite_session_store.hpp"
#include "values.hpp"

namespace slo::simulate {

using namespace std::chrono_literals;

namespace {

/// In memory, if there is such a file system: no power cut happens here.
std::filesystem::path make_folder() {
    const std::filesystem::path in_memory = "/dev/shm";
    const auto place = access(in_memory.c_str(), W_OK) == 0 ? in_memory : std::filesystem::temp_directory_path();
    std::string name = (place / "slo-simulate-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    return name;
}

}  // namespace

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

sp::SteadyTime FiberPace::now() const noexcept {
    return sp::SteadyTime(process_.site.world.now());
}

void FiberPace::wait(sp::Alarm& alarm, sp::SteadyTime deadline) const {
    const auto until = std::chrono::ceil<Milliseconds>(deadline.time_since_epoch());
    process_.site.world.wait([this, &alarm] { return alarm.has_rung() || process_.is_dead; }, until);
}

void FiberPace::run_all(const std::vector<std::function<void()>>& works) const {
    World& world = process_.site.world;
    std::size_t open = works.size();
    for (const auto& work : works) {
        world.spawn(world.actor(), [&work, &open] {
            work();
            --open;
        });
    }
    world.wait([&open] { return open == 0; }, Milliseconds::max());
}

idp_adapter::LogoutVerdict SimulatedLink::ask(const idp_adapter::Idp&, const idp_adapter::LogoutAsk&,
                                              const saml::MessageSigner&, Instant, const std::stop_token&) noexcept {
    using Kind = idp_adapter::LogoutVerdict::Kind;
    using idp_adapter::ReplyErrc;
    Site& site = process_.site;
    const idp_adapter::LogoutVerdict lost{.kind = Kind::lost, .why = {make_error_code(ReplyErrc::timed_out), {}}};
    if (process_.is_dead) return lost;
    const auto actor = site.world.actor();
    actor->has_asked = true;
    const std::size_t way = site.is_quiet ? 0 : actor->chance.below(10);
    site.world.wait([this] { return process_.is_dead; },
                    site.world.now() + (way == 9 ? 5s : actor->chance.between(0ms, 1s)));
    if (process_.is_dead || way == 9) return lost;
    site.trace("the IdP answers in way " + std::to_string(way));
    if (way < 5) {
        ++actor->proofs;
        return {.kind = Kind::success};
    }
    if (way == 5) return {.kind = Kind::partial};
    if (way == 6) return {.kind = Kind::refused};
    if (way == 7) return {.kind = Kind::unsent, .why = {make_error_code(ReplyErrc::unreachable), {}}};
    return {.kind = Kind::unproven, .why = {make_error_code(ReplyErrc::is_unsigned), {}}};
}

Process::Process(Site& its_site, std::size_t its_node)
    : site(its_site), node(its_node), store(*this), application(*this), link(*this), pace(*this) {
    const Cast& cast = site.cast;
    service = std::make_unique<sp::LogoutService>(sp::LogoutServiceParts{.entity_id = cast.us,
                                                                         .destinations = {cast.destination},
                                                                         .idps = cast.directory,
                                                                         .signer = cast.our_signer,
                                                                         .decryption_keys = {},
                                                                         .audit_digest = site.digest,
                                                                         .policy = {},
                                                                         .store = store,
                                                                         .applications = {&application},
                                                                         .audit = site.audit,
                                                                         .clock = *site.clocks[node],
                                                                         .idp_link = &link,
                                                                         .former_entity_ids = {cast.our_old_name},
                                                                         .pace = &pace},
                                                  sp::Housekeeping::by_host);
}

Site::Site(const Cast& its_cast, const Script& its_script, Plant its_plant, std::vector<std::string>* its_trace)
    : cast(its_cast),
      script(its_script),
      plant(its_plant),
      world(its_script.turns),
      digest(test::taken(saml::KeyedDigest::with_key("0123456789abcdef"))),
      oracle(*this),
      nodes(its_script.nodes),
      trace_(its_trace) {
    Chance chance(script.seed + 1);
    store_clock.set_off(chance.between(-clock_bound, clock_bound));
    for (std::size_t i = 0; i < script.nodes; ++i) {
        clocks.push_back(std::make_unique<OffClock>(world));
        clocks.back()->set_off(chance.between(-clock_bound, clock_bound));
    }
    if (script.engine == Script::Engine::sqlite) folder = make_folder();
    open_engine();
    for (std::size_t i = 0; i < script.nodes; ++i) start(i);
}

Site::~Site() {
    for (auto& node : nodes) node.reset();
    dead.clear();
    engine.reset();
    std::error_code ignored;
    if (!folder.empty()) std::filesystem::remove_all(folder, ignored);
}

void Site::open_engine() {
    if (folder.empty()) {
        engine = std::make_unique<sp::MemorySessionStore>(store_clock, digest);
    } else {
        engine = test::taken(sp::SqliteSessionStore::open(store_clock, {.folder = folder}));
    }
}

void Site::start(std::size_t node) {
    if (!engine) open_engine();
    nodes[node] = std::make_shared<Process>(*this, node);
    const auto process = nodes[node];
    world.spawn(std::make_shared<Actor>("house" + std::to_string(node), script.seed + 100 + node),
                [this, process] { keep_house(process); });
}

/// The endpoint's tasks: recovery each minute, kept requests, sweeps. No fault meets it: a store that fails for
/// minutes ends a round's hold.
void Site::keep_house(const std::shared_ptr<Process>& process) {
    const auto actor = world.actor();
    while (!process->is_dead && !is_closing) {
        const auto recovered = process->service->recover();
        static_cast<void>(process->service->send_kept_requests());
        for (int i = 0; i < 4; ++i) process->store.sweep_some();
        const Milliseconds pause = recovered ? actor->chance.between(10s, 50s) : Milliseconds(2s);
        const Milliseconds until = world.now() + (is_quiet ? Milliseconds(10s) : pause);
        world.wait([this, &process] { return process->is_dead || is_closing; }, until);
    }
}

void Site::kill(std::size_t node) {
    const auto process = std::exchange(nodes[node], nullptr);
    process->is_dead = true;
    dead.push_back(process);
    trace("node" + std::to_string(process->node) + " dies");
    for (const auto& call : calls.take_all_of(*process)) {
        for (const std::string& id : call->sessions) {
            if (world.chance().one_in(2)) table.commit(id, call->number);
            table.roll_back(id, call->number);
        }
    }
    if (script.sessions_die_with_node) table.erase_all_of(process->node);
}

void Site::crash(Process& process) {
    if (is_closing) return;
    const bool all_at_once = script.engine == Script::Engine::sqlite;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (!nodes[i] || (!all_at_once && nodes[i].get() != &process)) continue;
        kill(i);
        const Milliseconds pause = world.chance().between(0ms, 10s);
        world.spawn(std::make_shared<Actor>("restart", 0), [this, i, pause] {
            world.sleep(pause);
            if (!is_closing) start(i);
        });
    }
    if (all_at_once) engine.reset();
    oracle.has_changed();
}

void Site::trace(const std::string& text) const {
    if (trace_ == nullptr) return;
    const auto* const actor = world.has_turn() ? world.actor().get() : nullptr;
    trace_->push_back("  " + std::to_string(world.now().count()) + " " + (actor != nullptr ? actor->label : "-") +
                      ": " + text);
}

void Site::shut_down() {
    is_closing = true;
    for (auto& node : nodes) {
        if (!node) continue;
        node->is_dead = true;
        dead.push_back(std::exchange(node, nullptr));
    }
}

}  // namespace slo::simulate
