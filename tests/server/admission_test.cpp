#include "admission.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <deque>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

using slo::sp::ConnectionAdmission;

namespace {

ConnectionAdmission::Address address(std::uint8_t number) {
    ConnectionAdmission::Address octets{};
    octets.back() = number;
    return octets;
}

/// Connections by name; remembers which were told to leave.
class House {
public:
    House(std::size_t in_all, std::size_t per_address) : admission(in_all, per_address) {}

    bool enter(char name, std::uint8_t from) {
        auto place = admission.enter(address(from));
        if (!place) return false;
        guests_.emplace_back(name, std::move(*place));
        guests_.back().second.when_displaced([this, name] { told += name; });
        guests_.back().second.waits();
        return true;
    }
    ConnectionAdmission::Place& place(char name) {
        for (auto& guest : guests_) {
            if (guest.first == name) return guest.second;
        }
        throw std::logic_error("no connection of that name");
    }
    bool all_enter(const std::string& names, std::uint8_t from) {
        bool all = true;
        for (const char name : names) all = enter(name, from) && all;
        return all;
    }

    ConnectionAdmission admission;
    std::string told;

private:
    std::deque<std::pair<char, ConnectionAdmission::Place>> guests_;
};

/// The same rules, applied by a full search each time.
class Model {
public:
    Model(std::size_t in_all, std::size_t per_address) : in_all_(in_all), per_address_(per_address) {}

    struct Guest {
        int name;
        std::uint8_t from;
        enum class State { arriving, waiting, at_work, leaving } state = State::arriving;
        int since = 0;
    };

    bool enter(int name, std::uint8_t from) {
        if (present(from) >= per_address_ && !displace_from(from)) return false;
        const auto all = guests_.size() - static_cast<std::size_t>(leaving());
        if (all >= in_all_ && !displace_anybody()) return false;
        guests_.push_back({.name = name, .from = from});
        return true;
    }
    void waits(int name) {
        of(name).state = Guest::State::waiting;
        of(name).since = ++turn_;
    }
    void works(int name) { of(name).state = Guest::State::at_work; }
    void leaves(int name) {
        std::erase_if(guests_, [name](const Guest& guest) { return guest.name == name; });
    }
    bool displace_anybody() {
        const Guest* most = nullptr;
        for (const Guest& guest : guests_) {
            if (guest.state != Guest::State::waiting) continue;
            const bool more = most == nullptr || present(guest.from) > present(most->from) ||
                              (present(guest.from) == present(most->from) && guest.since < most->since);
            if (more) most = &guest;
        }
        return most != nullptr && displace_from(most->from);
    }

    std::vector<int> told;

private:
    Guest& of(int name) { return *std::ranges::find(guests_, name, &Guest::name); }
    std::size_t present(std::uint8_t from) const {
        return static_cast<std::size_t>(std::ranges::count_if(
            guests_, [from](const Guest& g) { return g.from == from && g.state != Guest::State::leaving; }));
    }
    long leaving() const { return std::ranges::count(guests_, Guest::State::leaving, &Guest::state); }
    bool displace_from(std::uint8_t from) {
        Guest* longest = nullptr;
        for (Guest& guest : guests_) {
            if (guest.from != from || guest.state != Guest::State::waiting) continue;
            if (longest == nullptr || guest.since < longest->since) longest = &guest;
        }
        if (longest == nullptr || leaving() >= 16) return false;
        longest->state = Guest::State::leaving;
        told.push_back(longest->name);
        return true;
    }

    std::size_t in_all_;
    std::size_t per_address_;
    int turn_ = 0;
    std::vector<Guest> guests_;
};

/// Plays the same game with both.
class Game {
public:
    Game(unsigned seed, std::size_t in_all, std::size_t per_address)
        : random_(seed), admission_(in_all, per_address), model_(in_all, per_address) {}

    void turn() {
        const unsigned what = random_() % 8;
        if (places_.empty() || what < 3) return enter();
        auto chosen = places_.begin();
        std::advance(chosen, random_() % places_.size());
        if (what < 5) {
            chosen->second.waits();
            model_.waits(chosen->first);
        } else if (what < 6) {
            chosen->second.works();
            model_.works(chosen->first);
        } else if (what < 7) {
            model_.leaves(chosen->first);
            places_.erase(chosen);
        } else {
            BOOST_TEST(admission_.make_room() == model_.displace_anybody());
        }
    }
    void expect_agreement() const { BOOST_TEST(told_ == model_.told); }

private:
    void enter() {
        const auto from = static_cast<std::uint8_t>(random_() % 6);
        const int name = ++names_;
        auto place = admission_.enter(address(from));
        BOOST_TEST(place.has_value() == model_.enter(name, from));
        if (!place) return;
        place->when_displaced([this, name] { told_.push_back(name); });
        places_.emplace(name, *std::move(place));
    }

    std::minstd_rand random_;
    ConnectionAdmission admission_;
    Model model_;
    std::map<int, ConnectionAdmission::Place> places_;
    std::vector<int> told_;
    int names_ = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(admission)

BOOST_AUTO_TEST_CASE(displaces_no_connection_below_the_caps) {
    House house(4, 2);
    BOOST_TEST(house.all_enter("ab", 1));
    BOOST_TEST(house.all_enter("cd", 2));
    BOOST_TEST(house.told == "");
}

BOOST_AUTO_TEST_CASE(an_address_at_its_cap_pays_for_itself) {
    House house(10, 2);
    BOOST_TEST(house.enter('x', 2));
    BOOST_TEST(house.all_enter("abcd", 1));
    BOOST_TEST(house.told == "ab");
}

BOOST_AUTO_TEST_CASE(the_address_with_the_most_pays_for_a_newcomer) {
    House house(5, 4);
    BOOST_TEST(house.enter('x', 1));
    BOOST_TEST(house.all_enter("abc", 2));
    BOOST_TEST(house.enter('y', 3));
    BOOST_TEST(house.enter('z', 4));
    BOOST_TEST(house.told == "a");
}

BOOST_AUTO_TEST_CASE(of_equal_addresses_the_one_that_has_waited_longest_pays) {
    House house(3, 2);
    BOOST_TEST(house.enter('b', 2));
    BOOST_TEST(house.enter('a', 1));
    BOOST_TEST(house.enter('c', 3));
    house.place('b').works();
    house.place('b').waits();
    BOOST_TEST(house.all_enter("d", 4));
    BOOST_TEST(house.told == "a");
}

BOOST_AUTO_TEST_CASE(leaves_a_busy_connection_alone) {
    House house(2, 2);
    BOOST_TEST(house.all_enter("ab", 1));
    house.place('a').works();
    BOOST_TEST(house.enter('c', 2));
    BOOST_TEST(house.told == "b");
    house.place('c').works();
    BOOST_TEST(!house.enter('d', 3));
    house.place('a').waits();
    BOOST_TEST(house.enter('d', 3));
    BOOST_TEST(house.told == "ba");
}

BOOST_AUTO_TEST_CASE(is_unsettled_while_a_connection_arrives_or_leaves) {
    ConnectionAdmission admission(1, 1);
    BOOST_TEST(!admission.is_unsettled());
    auto place = admission.enter(address(1));
    BOOST_TEST(admission.is_unsettled());
    BOOST_TEST(!admission.enter(address(2)).has_value());
    place->when_displaced([] {});
    place->waits();
    BOOST_TEST(!admission.is_unsettled());
    auto next = admission.enter(address(2));
    BOOST_TEST(next.has_value());
    next->works();
    BOOST_TEST(admission.is_unsettled());
    place.reset();
    BOOST_TEST(!admission.is_unsettled());
}

// It had a request in the meantime, so it stays, and counts again.
BOOST_AUTO_TEST_CASE(counts_a_connection_that_was_told_too_late) {
    House house(1, 1);
    BOOST_TEST(house.enter('a', 1));
    BOOST_TEST(house.enter('b', 2));
    BOOST_TEST(house.told == "a");
    house.place('a').works();
    house.place('b').works();
    BOOST_TEST(!house.enter('c', 3));
    house.place('a').waits();
    house.place('b').waits();
    BOOST_TEST(house.enter('c', 3));
    BOOST_TEST(house.told == "aa");
}

BOOST_AUTO_TEST_CASE(tells_only_so_many_before_the_first_of_them_has_left) {
    House house(1, 100);
    for (int i = 0; i < 100; ++i) house.enter('a', 1);
    BOOST_TEST(house.told.size() == 16u);
    BOOST_TEST(!house.admission.make_room());
    BOOST_TEST(house.admission.displaced() == 16u);
}

BOOST_AUTO_TEST_CASE(chooses_the_connection_that_a_full_search_would_choose) {
    for (unsigned seed = 1; seed <= 200; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            Game game(seed, 4 + seed % 20, 2 + seed % 5);
            for (int i = 0; i < 300; ++i) game.turn();
            game.expect_agreement();
        }
    }
}

BOOST_AUTO_TEST_CASE(takes_places_back) {
    ConnectionAdmission admission(1, 1);
    for (int i = 0; i < 3; ++i) {
        const auto place = admission.enter(address(1));
        BOOST_TEST(place.has_value());
        BOOST_TEST(!admission.enter(address(1)).has_value());
        BOOST_TEST(!admission.enter(address(2)).has_value());
    }
}

BOOST_AUTO_TEST_SUITE_END()
