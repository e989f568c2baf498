// The decorator that ties a test to the text that demands it.
#pragma once

#include <boost/test/unit_test.hpp>

#include <string>

namespace slo::test {

/// `* spec("SAML Core 2.7.2 l.1074-1085")` gives a test the label "spec" and names the text in its description.
class spec : public boost::unit_test::decorator::base {
public:
    explicit spec(std::string text) : text_(std::move(text)) {}

private:
    void apply(boost::unit_test::test_unit& test) override {
        test.add_label("spec");
        test.p_description.value = text_;
    }
    [[nodiscard]] boost::unit_test::decorator::base_ptr clone() const override {
        return boost::unit_test::decorator::base_ptr(new spec(text_));
    }

    std::string text_;
};

}  // namespace slo::test
