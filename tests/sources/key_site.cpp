#include "key_site.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "child.hpp"
#include "disk.hpp"
#include "keys_command.hpp"

namespace slo::sources {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using sp::KeyPurpose;
using sp::KeyStage;
using sp::KeyStep;

constexpr std::size_t idp_count = 3;

/// The certificates of the KeyDescriptors: the one in the signature doesn't count.
std::set<std::string> certificates_in(const std::string& octets) {
    constexpr std::string_view opening = "X509Certificate>";
    std::set<std::string> certificates;
    auto place = octets.find("KeyDescriptor");
    while (place != std::string::npos && (place = octets.find(opening, place)) != std::string::npos) {
        place += opening.size();
        const auto end = octets.find('<', place);
        std::string text = octets.substr(place, end - place);
        std::erase_if(text, [](char c) { return c == '\n' || c == ' '; });
        certificates.insert(std::move(text));
        place = octets.find('>', end);
    }
    return certificates;
}

/// The tool's output is for people.
void be_silent() {
    const int nothing = ::open("/dev/null", O_WRONLY);
    ::dup2(nothing, STDOUT_FILENO);
    ::dup2(nothing, STDERR_FILENO);
}

void give_to_another(const fs::path& folder) {
    if (::chown(folder.c_str(), another_user, another_user) != 0) throw std::runtime_error("chown");
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (::chown(entry.path().c_str(), another_user, another_user) != 0) throw std::runtime_error("chown");
    }
}

tool::KeyWish small_wish() {
    return {.kind = saml::KeyKind::ec_p256, .common_name = "lane", .lifetime = std::chrono::days(3650)};
}

std::string_view word_for(KeyStep step) {
    constexpr std::array<std::string_view, 3> words = {"prepare", "activate", "retire"};
    return words.at(static_cast<std::size_t>(step));
}

}  // namespace

KeySite::KeySite(const Material& material, const Kinds& kinds, Plant plant, std::uint64_t seed)
    : kinds_(kinds), plant_(plant), chance_(seed) {
    disk() = {};
    Content content;
    for (auto& keys : content) keys = {0};
    std::ofstream(folder_.path() / "idp.xml") << text_of(
        material,
        {.server = 0, .content = content, .alone = 0, .valid_until = beginning() + 3650 * 24h, .published = {}});
    fs::permissions(folder_.path() / "idp.xml", fs::perms::owner_read | fs::perms::owner_write);
    configure(360min);
    const bool is_another = kinds.has(Kind::keys_unread) && ::geteuid() == 0 && chance_.one_in(2);
    if (is_another)
        fs::permissions(folder_.path(), fs::perms::group_exec | fs::perms::others_exec, fs::perm_options::add);
    begin_anew();
    if (is_another) {
        reader_ = ReadAs::another_user;
        give_to_another(folder());
    }
    back_up();
    endpoint_.emplace(folder_.path() / "slo.toml", reader_, plant);
    start();
    if (!endpoint_->runs()) throw std::logic_error("an endpoint does not start in a folder of its own");
    for (std::size_t i = 0; i < idp_count; ++i) fetch(copies_.emplace_back());
    check();
}

void KeySite::configure(std::chrono::minutes promise) {
    std::ofstream file(folder_.path() / "slo.toml");
    file << "[sp]\nentity_id = \"https://sp.example.org/saml\"\nslo_url = \"https://sp.example.org/saml/slo\"\n"
            "acs_url = \"https://sp.example.org/saml/acs\"\nkeys = \"keys\"\nmetadata_cache_for = \""
         << promise.count() << "m\"\n";
    file << "publication_record = \"published/record\"\n";
    file << "[[idp]]\nmetadata = \"idp.xml\"\n[server]\nlisten = \"127.0.0.1:8080\"\n";
}

void KeySite::blame(const std::string& rule, const std::string& detail) {
    if (!violation_) violation_ = Violation{rule, detail};
}

void KeySite::start() {
    const auto between = [&] {
        // A step of the tool between loading and watching must not be missed.
        if (kinds_.has(Kind::keys_unread) && chance_.one_in(4)) static_cast<void>(rotate(some_step(), 0));
    };
    const auto failure = endpoint_->start(time_, between);
    say(endpoint_->runs() ? "the endpoint starts" : "the endpoint doesn't start: " + failure->detail);
    check();
}

void KeySite::look() {
    if (!endpoint_->runs()) return;
    if (const auto failure = endpoint_->look(time_)) say("the endpoint: " + failure->detail);
    check();
}

void KeySite::fetch(Copy& copy) {
    copy.octets = endpoint_->published(time_);
    copy.due = time_ + endpoint_->promise();
}

void KeySite::wait(std::chrono::seconds time) {
    look();
    time_ += time;
    say("it is " + saml::format_instant(time_));
    look();
    if (!endpoint_->runs()) return;
    for (Copy& copy : copies_) {
        if (copy.due <= time_ || chance_.one_in(4)) fetch(copy);
    }
    check();
}

void KeySite::check() {
    if (!endpoint_->runs()) return;
    const std::string signer = endpoint_->signer();
    const auto served = certificates_in(endpoint_->published(time_));
    if (!served.contains(signer)) blame("it-signs-with-what-it-does-not-publish", "at " + saml::format_instant(time_));
    if (!published_.empty() && !published_.contains(signer))
        blame("it-signs-with-what-was-never-published", "at " + saml::format_instant(time_));
    published_.insert(served.begin(), served.end());
    for (const Copy& copy : copies_) {
        if (copy.due <= time_ || certificates_in(copy.octets).contains(signer)) continue;
        blame("it-signs-with-what-an-idp-can-not-know", "a copy may be used until " + saml::format_instant(copy.due) +
                                                            ", and it is " + saml::format_instant(time_));
    }
}

sp::KeyStep KeySite::some_step() {
    const auto ring = sp::read_key_ring(folder());
    if (!ring || chance_.one_in(4)) return static_cast<KeyStep>(chance_.below(3));
    return sp::step_from(*ring, KeyPurpose::signing);
}

bool KeySite::rotate(KeyStep step, int dies_at) {
    const auto code = in_child(dies_at, [&] {
        be_silent();
        const Trying trying;
        tool::Rotation rotation;
        rotation.configuration = folder_.path() / "slo.toml";
        rotation.step = step;
        rotation.wish = small_wish();
        if (plant_ == Plant::no_patience) rotation.haste = tool::Haste::forced;
        return static_cast<int>(tool::rotate_keys(rotation, tool::Format::table, time_));
    });
    say("the tool: " + std::string(word_for(step)) +
        (code ? ", exit code " + std::to_string(*code) : ", killed before operation " + std::to_string(dies_at)));
    if (code && *code == 0) back_up();
    return code && *code == 0;
}

void KeySite::begin_anew() {
    const auto code = in_child(0, [&] {
        be_silent();
        const Trying trying;
        tool::FirstKey first;
        first.folder = folder();
        first.wish = small_wish();
        return static_cast<int>(tool::make_first_key(first, tool::Format::table, time_));
    });
    say("the tool: keys new, exit code " + std::to_string(code.value_or(-1)));
}

void KeySite::back_up() {
    std::error_code none;
    if (!fs::exists(sp::ring_file(folder()), none)) return;
    fs::remove_all(folder_.path() / "backup");
    fs::copy(folder(), folder_.path() / "backup");
}

void KeySite::lose_ring() {
    say("keys.toml is lost");
    fs::remove(sp::ring_file(folder()));
}

void KeySite::lose_folder() {
    say("the folder is empty");
    for (const auto& entry : fs::directory_iterator(folder())) fs::remove(entry.path());
}

void KeySite::restore() {
    for (const auto& entry : fs::directory_iterator(folder())) fs::remove(entry.path());
    for (const auto& entry : fs::directory_iterator(folder_.path() / "backup"))
        fs::copy_file(entry.path(), folder() / entry.path().filename());
    if (reader_ == ReadAs::another_user) give_to_another(folder());
    say("the folder is restored");
}

void KeySite::play(const Step& step) {
    chance_ = Chance(step.seed);
    say("-- " + std::string(sources::name(step.deed)));
    switch (step.deed) {
        case Deed::key_step:
            static_cast<void>(rotate(some_step(), 0));
            break;
        case Deed::key_step_killed:
            static_cast<void>(rotate(some_step(), 1 + static_cast<int>(chance_.below(16))));
            break;
        case Deed::key_step_full:
            disk().room = Disk::Room::none;
            disk().full_after = static_cast<int>(chance_.below(12));
            static_cast<void>(rotate(some_step(), 0));
            disk() = {};
            break;
        case Deed::key_restart:
            start();
            break;
        case Deed::key_stop:
            endpoint_->stop();
            say("the endpoint stops");
            break;
        case Deed::key_promise:
            configure(std::chrono::minutes(chance_.one_in(2) ? 1 : 30 * 24 * 60));
            say("metadata_cache_for is changed");
            if (chance_.one_in(2)) start();
            break;
        case Deed::key_lose_ring:
            lose_ring();
            break;
        case Deed::key_lose_folder:
            lose_folder();
            break;
        case Deed::key_new:
            // In an empty folder it is another identity, and wanted.
            if (!fs::is_empty(folder())) begin_anew();
            break;
        case Deed::key_restore:
            restore();
            break;
        default:
            wait(chance_.one_in(4) ? chance_.between(3600s, 30h) : chance_.between(1s, 4000s));
            break;
    }
    if (!chance_.one_in(4)) look();
}

void KeySite::come_to_the_end() {
    say("-- all faults stop");
    if (!sp::read_key_ring(folder())) restore();
    if (!endpoint_->runs()) start();
    if (!endpoint_->runs()) {
        restore();
        start();
    }
    if (!endpoint_->runs()) return blame("it-does-not-start", "although its keys are back");
    std::set<KeyStep> taken;
    for (int i = 0; i < 12 && taken.size() < 3 && !violation_; ++i) {
        const auto ring = sp::read_key_ring(folder());
        if (!ring) return blame("the-ring-can-not-be-read", ring.error().detail);
        const KeyStep step = sp::step_from(*ring, KeyPurpose::signing);
        if (rotate(step, 0)) taken.insert(step);
        look();
        wait(31 * 24h);
    }
    if (violation_) return;
    if (taken.size() < 3)
        return blame("a-roll-over-gets-stuck", "in its " + std::to_string(taken.size() + 1) + ". step");
    const auto ring = sp::read_key_ring(folder());
    const auto* active = ring ? ring->find(KeyPurpose::signing, KeyStage::active) : nullptr;
    if (active == nullptr) return blame("the-ring-can-not-be-read", ring ? "no active key" : ring.error().detail);
    std::ifstream file(folder() / (active->name + ".crt.pem"));
    const auto certificate = saml::Certificate::parse(std::string((std::istreambuf_iterator<char>(file)), {}));
    if (!certificate || certificate->base64() != endpoint_->signer())
        blame("it-does-not-become-as-the-ring-says", active->name + " isn't what signs");
}

}  // namespace slo::sources
