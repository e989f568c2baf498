// What is wrong on purpose, to see that the trial sees it.
#pragma once

namespace slo::test {

enum class Plant {
    nothing,
    own_store,          ///< the last node keeps its sessions to itself
    alias_apart,        ///< to the last node the IdP's alias is another IdP
    loose_names,        ///< to the nodes a NameID is its value
    refused_repeats,    ///< a repeated request is refused, also one whose answer was lost
    lying_application,  ///< hosts only: says that sessions are gone while it works, and fails
    wrong_clock,        ///< hosts only: their clocks are minutes apart
    hasty_store,        ///< bare hosts only: what their store couldn't record counts as done
    one_lane,           ///< bare hosts only: what waits for an IdP and what doesn't wait in one line
    rash_link,          ///< bare hosts only: whatever an IdP answers is a Success
    forgetful_store,    ///< bare hosts only: what their store was to keep for an IdP is thrown away
    slow_log,           ///< bare hosts only: who makes a line waits until it's written
    lost_lines,         ///< bare hosts only: some lines are never written
};

}  // namespace slo::test
