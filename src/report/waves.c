/* SPDX-License-Identifier: Apache-2.0 */
/* Who is in which wave. Machines are dealt in turn, like cards, to one wave after the other: of any
 * that follow each other no wave then gets more than one more than another. All machines of the
 * removal are dealt first, those of one rebuilding script after those of another; the rest of a
 * rebuilding script then goes on in the turn in which its first part ended. So do the machines of
 * each script follow each other. */
#include "report/writers.h"

#define PILOT_SHARE 50 /* one in so many */
#define PILOT_MOST 20

static bool is_of(const struct deployed_machine *machine, bool removal, size_t rebuilding)
{
    return machine->removal == removal && machine->rebuilding == rebuilding;
}

static size_t pilot_size(size_t count)
{
    size_t size = (count + PILOT_SHARE - 1) / PILOT_SHARE;

    return size < PILOT_MOST ? size : PILOT_MOST;
}

/* Deals the machines that need the same scripts, and moves *turn on. The pilot's are those in the
 * middle of as many equal parts. */
static void deal_alike(struct deployed_machine *machines, size_t count, bool removal,
                       size_t rebuilding, size_t wave_count, size_t *turn)
{
    size_t alike = 0, place = 0, piloting = 0, pilots;

    for (size_t index = 0; index < count; index++)
        alike += is_of(&machines[index], removal, rebuilding);
    pilots = pilot_size(alike);
    for (size_t index = 0; index < count; index++) {
        if (!is_of(&machines[index], removal, rebuilding))
            continue;
        if (piloting < pilots && place == (2 * piloting + 1) * alike / (2 * pilots)) {
            machines[index].wave = DEPLOYMENT_PILOT;
            piloting++;
        } else {
            machines[index].wave = 1 + *turn % wave_count;
            *turn += 1;
        }
        place++;
    }
}

void waves_deal(struct deployed_machine *machines, size_t count, size_t wave_count)
{
    size_t turn = 0;

    for (size_t rebuilding = SCRIPT_REBUILD; rebuilding <= SCRIPT_NONE; rebuilding++) {
        size_t rest;

        deal_alike(machines, count, true, rebuilding, wave_count, &turn);
        rest = turn;
        deal_alike(machines, count, false, rebuilding, wave_count, &rest);
    }
}
