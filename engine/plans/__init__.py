"""Advanced orders: what the exchange does not offer itself, made of plain orders.

A plan is three records (see engine.records): PLAN, what was asked for; PLAN_STATE, what it remembers; and one LEG for
each of its order rows. ``advance`` takes an event in and says with DEEDs what to place, cancel or amend. It is a pure
function of its arguments: the caller commits state and orders in one transaction, so that after a crash between two
calls the same call gives the same deeds, and a call with an event and legs already seen asks for nothing again.

Every kind says which order each leg *should* have now; one function (engine.plans.settle) compares that with the orders
there are. It alone places orders, and never more than the plan's quantity or the position leaves, counting all that may
still fill: a plan cannot sell twice, whatever comes late, in part or not at all.
"""
