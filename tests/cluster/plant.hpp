// Deliberate faults, which the trial must see.
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
    hasty_store,        ///< bare hosts only: records that their store couldn't make count as done
    one_lane,           ///< bare hosts only: requests that wait for an IdP and others share one queue
    rash_link,          ///< bare hosts only: any reply of an IdP is a Success
    forgetful_store,    ///< bare hosts only: requests that their store was to keep for an IdP are thrown away
    slow_log,           ///< bare hosts only: the maker of a line waits until it's written
    lost_lines,         ///< bare hosts only: some lines are never written
};

}  // namespace slo::test
