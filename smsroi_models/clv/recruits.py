"""The customers whom a campaign recruited, and those whom they referred: who, and what they bought.

A customer is recruited who was acquired since the campaign started and whose
``acquired_campaign_id`` is the campaign, or who was referred, in any number of steps, by one who
was. Customers of either arm are none: what they bought is in the lift already.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import ibis
import pyarrow as pa
from ibis import _

from smsroi_models.attribution.campaigns import Campaign, Tables, instant
from smsroi_models.clv.assigned_histories import Kinds, collect_kinds, histories_until

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
GROUPS = ("recruited", "referred")


@dataclass(frozen=True, slots=True, eq=False)
class RecruitTotals:
    """What recruits have done, the directly recruited first, then the referred.

    Attributes
    ----------
    customers, buyers : tuple of int
        All of them, and those with an order since they were acquired.
    margin : tuple of float
        Of their orders from acquisition on and before ``as_of``, in the store's currency.
    assigned : int
        Customers said to be recruited who are in an arm of the campaign, and so left out.
    elsewhere : int
        Of both, those who were put in an arm of another campaign before ``as_of``.
    """

    customers: tuple[int, int]
    buyers: tuple[int, int]
    margin: tuple[float, float]
    assigned: int
    elsewhere: int


def collect_recruits(store: Tables, campaign: Campaign, as_of: datetime) -> dict[str, str]:
    """Collect who was recruited, a query for each step of referral; circles end the search.

    Returns
    -------
    dict of str to str
        By customer one of `GROUPS`: they are few beside the shop's customers.
    """
    late = store["customers"].filter(
        _.acquired_at >= instant(campaign.starts_at), _.acquired_at < instant(as_of)
    )
    found = read_ids(late.filter(_.acquired_campaign_id == campaign.campaign_id))
    how = dict.fromkeys(found, GROUPS[0])
    while found:
        referrers = ibis.memtable(pa.table({"referrer": pa.array(found, pa.string())}))
        friends = read_ids(late.semi_join(referrers, late.referrer_id == referrers.referrer))
        found = [friend for friend in friends if friend not in how]
        how |= dict.fromkeys(found, GROUPS[1])
    return how


def collect_acquired_earlier(store: Tables, campaign: Campaign) -> int:
    """Collect how many are marked as the campaign's who were acquired before it started."""
    earlier = store["customers"].filter(
        _.acquired_campaign_id == campaign.campaign_id,
        _.acquired_at < instant(campaign.starts_at),
    )
    return int(earlier.count().to_pyarrow().as_py())


def outside_the_arms(store: Tables, campaign: Campaign, how: dict[str, str]) -> ibis.Table:
    """Return, lazily, ``customer_id, how`` of the recruits who are in neither arm."""
    columns = {"customer_id": list(how), "how": list(how.values())}
    recruits = pa.table({name: pa.array(ids, pa.string()) for name, ids in columns.items()})
    mine = store["assignments"].filter(_.campaign_id == campaign.campaign_id)
    return ibis.memtable(recruits).anti_join(mine, "customer_id")


def collect_recruit_totals(
    store: Tables, campaign: Campaign, as_of: datetime, how: dict[str, str]
) -> RecruitTotals:
    """Collect, in one query, how many recruits there are and what margin they have brought.

    Parameters
    ----------
    how : dict of str to str
        From `collect_recruits`.
    """
    recruits = outside_the_arms(store, campaign, how)
    rows = recruits_summed(store, campaign, as_of, recruits).to_pyarrow().to_pylist()
    found = {row["how"]: row for row in rows}

    def pair(name: str) -> tuple[float, float]:
        first, second = (found[kind][name] if kind in found else 0 for kind in GROUPS)
        return first, second

    customers, buyers = (tuple(map(int, pair(name))) for name in ("customers", "buyers"))
    return RecruitTotals(
        customers=(customers[0], customers[1]),
        buyers=(buyers[0], buyers[1]),
        margin=pair("margin"),
        assigned=len(how) - sum(customers),
        elsewhere=int(sum(pair("elsewhere"))),
    )


def recruits_summed(
    store: Tables, campaign: Campaign, as_of: datetime, recruits: ibis.Table
) -> ibis.Table:
    """Return, lazily, ``how, customers, buyers, margin, elsewhere``."""
    list_price_cost = (1 - campaign.margin_rate) * (_.revenue + _.discount)
    margin = _.revenue - ibis.coalesce(_.cost_of_goods, list_price_cost)
    since = store["customers"].semi_join(recruits, "customer_id")
    orders = store["orders"].filter(_.ordered_at < instant(as_of))
    spent = (
        orders.join(since.select("customer_id", "acquired_at"), "customer_id")
        .filter(_.ordered_at >= _.acquired_at)
        .group_by("customer_id")
        .aggregate(margin=margin.sum())
    )
    others = store["assignments"].filter(
        _.campaign_id != campaign.campaign_id, _.assigned_at < instant(as_of)
    )
    in_others = others.select("customer_id").distinct().mutate(elsewhere=ibis.literal(1))
    per_customer = (
        recruits.left_join(spent, "customer_id")
        .drop("customer_id_right")
        .left_join(in_others, "customer_id")
    )
    return per_customer.group_by("how").aggregate(
        customers=_.count(),
        buyers=_.margin.notnull().sum(),
        margin=_.margin.sum().coalesce(0.0),
        elsewhere=_.elsewhere.sum().coalesce(0),
    )


def collect_recruit_kinds(
    store: Tables, campaign: Campaign, as_of: datetime, how: dict[str, str]
) -> Kinds:
    """Collect, in one query, the kinds of recruits who have bought, by `GROUPS`."""
    day = ibis.literal((as_of - _EPOCH) // timedelta(days=1), type="int32")
    ends = outside_the_arms(store, campaign, how).mutate(end=day)
    histories = histories_until(store, ends, as_of, "how")
    return collect_kinds(histories, "how", GROUPS, alike_in_spend=True)


def read_ids(people: ibis.Table) -> list[str]:
    """Return the customers' ids in order."""
    return sorted(map(str, people.select("customer_id").to_pyarrow()["customer_id"].to_pylist()))
