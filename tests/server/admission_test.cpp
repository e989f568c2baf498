#include "admission.hpp"

#include <boost/test/unit_test.hpp>

#include <deque>
#include <string>
#include <vector>

using slo::sp::ConnectionAdmission;

namespace {

ConnectionAdmission::Address address(std::uint8_t number) {
    ConnectionAdmission::Address octets{};
    octets.back() = number;
    return octets;
}

/// Connections by name; remembers who was told to leave.
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
        throw std::logic_error("nobody of that name");
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

}  // namespace

BOOST_AUTO_TEST_SUITE(admission)

BOOST_AUTO_TEST_CASE(tells_nobody_to_leave_below_the_caps) {
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

BOOST_AUTO_TEST_CASE(leaves_alone_who_is_at_work) {
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

BOOST_AUTO_TEST_CASE(is_unsettled_while_somebody_arrives_or_leaves) {
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
BOOST_AUTO_TEST_CASE(counts_who_was_told_too_late) {
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
