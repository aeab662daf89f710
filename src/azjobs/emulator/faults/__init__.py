"""Faults that a test declares: an ordered list of rules, each with what it matches and what it does.

Rules come from a file (`--faults FILE`, `launcher.start(faults_file=…)`) or from `POST /_emulator/faults`, as JSON:

    {"seed": 7, "rules": [
        {"match": {"method": "PUT", "kind": "Microsoft.Compute/virtualMachines/create", "name": "web*", "nth": 2},
         "effect": {"type": "http", "status": 503, "headers": {"Retry-After": "5"}}, "times": 2},
        {"match": {"phase": "poll", "probability": 0.1}, "effect": {"type": "reset"}, "times": "forever"}]}

`match` may name `method`; globs `kind` (type and verb: create, update, patch, delete, read, list, or an action), `name`
and `id` of the resource; `phase` (request, poll: Azure-AsyncOperation, result: Location); `nth`, the match from which
on it fires; and `probability`, whose dice the `seed` sets. The first rule that matches fires, counts down and is
logged; it fires once unless `times` says more. What lasts (marked *) fires until it is taken away.

| effect | members | what happens |
|---|---|---|
| http | status, code, message, headers, after | an error; with `after` the request takes effect first |
| throttle | retryAfter (null for none), counter | 429 as ARM, or as compute's counter, answers it |
| reset | after | the connection closes without an answer |
| stall | | no answer until `POST /_emulator/faults/release` |
| garbage | variant | not-json, empty, truncated, no-status, status-casing, no-retry-after |
| stale_read | | a GET shows what was before the last write |
| expire_op | | this and later polls of the operation answer 404 |
| expired_token | | 401 ExpiredAuthenticationToken |
| clock_skew * | seconds | the server's clock differs: its Date, and its view of tokens |
| lro_fail | code, message, at, leave | the operation fails, `at` a fraction of its time; `leave`: Failed, rolled back |
| lro_cancel | at | the operation ends as Canceled |
| lro_hold | | the operation runs until it is finished, failed or released by hand |
| slow | factor | the operation takes longer |
| capacity * | size, location, zone | machines that are created or started fail with AllocationFailed |
| region_down * | location | 503 to everything about resources there |
| quota * | family, cores, location | machines beyond so many cores are refused, OperationNotAllowed |

The effects on operations, and the last two, also hold for what a template deployment does; an operation exists only for
kinds that Azure answers with one. The others are about clients' requests to ARM: tokens and controls are spared.
"""

from __future__ import annotations

from azjobs.emulator.faults.plan import Fault, Faults
from azjobs.emulator.faults.reading import InvalidRules, read_rules
from azjobs.emulator.faults.rules import Match, Phase, Rule

__all__ = ["Fault", "Faults", "InvalidRules", "Match", "Phase", "Rule", "read_rules"]
