// A tag is as long as it is, wherever the pieces end that it comes in.
#include "tag_guard.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace slo::saml::test {
namespace {

bool passes(std::string_view text, std::size_t longest, std::size_t piece) {
    TagGuard guard(longest);
    for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
        if (!guard.pass(text.substr(0, piece))) return false;
    }
    return true;
}

struct Markup {
    std::string text;
    std::size_t longest_tag;  ///< between '<' and '>'
};

BOOST_AUTO_TEST_SUITE(tag_guard)

BOOST_AUTO_TEST_CASE(counts_a_tag_whole_in_whatever_pieces) {
    for (const auto& [text, longest] :
         {Markup{"<abcdef>text text text text text</abcdef>", 7}, Markup{"<a      >", 7}, Markup{"<a b=\"<>'\">", 9},
          Markup{"<a b='\">' c=\"'>\"/>", 16}, Markup{"<!--<long long>--><![CDATA[<long long>]]><?long long?><a>", 1},
          Markup{"<a/><abcdefgh/><b/>", 9}, Markup{"x<!DOCTYPE y>", 10}}) {
        for (std::size_t piece = 1; piece <= text.size(); ++piece) {
            BOOST_TEST(passes(text, longest, piece), text << " in pieces of " << piece);
            BOOST_TEST(!passes(text, longest - 1, piece), text << " in pieces of " << piece);
        }
    }
}

BOOST_AUTO_TEST_CASE(counts_a_tag_that_never_ends) {
    for (const std::string start : {"<a", "<a b=\"", "<a b='"}) {
        for (const std::size_t piece : {1U, 7U, 100U}) {
            BOOST_TEST(!passes(start + std::string(50, ' '), 40, piece), start);
            BOOST_TEST(passes(start + std::string(30, ' '), 40, piece), start);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace slo::saml::test
