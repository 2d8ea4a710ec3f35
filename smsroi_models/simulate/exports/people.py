"""Who the simulated customers are to the vendors: fictional telephone numbers, example addresses.

Numbers are 555-0100 to 555-0199 of an area code: the North American Numbering Plan keeps them for
fiction. Addresses are at example.com, which RFC 2606 keeps for documentation. Whoever opted in is
known by both, everybody else by the address alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from smsroi_models.errors import ParameterError

# Geographic area codes of the United States and Canada, as of 2025.
_LISTED = """
201 202 203 204 205 206 207 208 209 210 212 213 214 215 216 217 218 219 220 223 224 225 226
227 228 229 231 234 235 236 239 240 248 249 250 251 252 253 254 256 257 260 262 263 267 269
270 272 273 274 276 279 281 283 289 301 302 303 304 305 306 307 308 309 310 312 313 314 315
316 317 318 319 320 321 323 324 325 326 327 329 330 331 332 334 336 337 339 341 343 346 347
350 351 352 353 354 360 361 363 364 365 367 368 369 380 382 385 386 401 402 403 404 405 406
407 408 409 410 412 413 414 415 416 417 418 419 423 424 425 428 430 431 432 434 435 437 438
440 442 443 445 447 448 450 458 463 464 468 469 470 472 474 475 478 479 480 484 501 502 503
504 505 506 507 508 509 510 512 513 514 515 516 517 518 519 520 530 531 534 539 540 541 548
551 557 559 561 562 563 564 567 570 571 572 573 574 575 579 580 581 582 584 585 586 587 601
602 603 604 605 606 607 608 609 610 612 613 614 615 616 617 618 619 620 623 626 628 629 630
631 636 639 640 641 645 646 647 650 651 656 657 659 660 661 662 667 669 672 678 680 681 682
683 686 689 701 702 703 704 705 706 707 708 709 712 713 714 715 716 717 718 719 720 724 725
726 727 728 730 731 732 734 737 738 740 742 743 747 748 753 754 757 760 762 763 765 769 770
771 772 773 774 775 778 779 780 781 782 785 786 801 802 803 804 805 806 807 808 810 812 813
814 815 816 817 818 819 820 821 825 826 828 830 831 832 835 838 839 840 843 845 847 848 850
854 856 857 858 859 860 862 863 864 865 867 870 872 873 878 879 901 902 903 904 905 906 907
908 909 910 912 913 914 915 916 917 918 919 920 925 928 929 930 931 934 936 937 938 940 941
942 943 945 947 948 949 951 952 954 956 959 970 971 972 973 975 978 979 980 983 984 985 986
989
"""
_AREA_CODES = tuple(_LISTED.split())

_PER_AREA_CODE = 100
N_NUMBERS = len(_AREA_CODES) * _PER_AREA_CODE
"""Fictional numbers that there are."""

_OF_CAMPAIGNS = ("texts", "calls")


@dataclass(frozen=True, slots=True)
class People:
    """Telephone numbers of customers, and the shop's own.

    Attributes
    ----------
    phones : mapping of str to str
        Number in E.164 by the customer's id, of those who have one.
    places : mapping of str to int
        Position of each campaign.
    """

    phones: Mapping[str, str]
    places: Mapping[str, int]

    def phone(self, customer_id: str | None) -> str | None:
        """Return the customer's number, None where there is none."""
        return None if customer_id is None else self.phones.get(customer_id)

    def address(self, customer_id: str | None) -> str | None:
        """Return the customer's e-mail address."""
        return None if customer_id is None else f"{customer_id}@example.com"

    def user(self, customer_id: str | None) -> str | None:
        """Return the number, or the address of who has none."""
        return self.phone(customer_id) or self.address(customer_id)

    def texting_number(self, campaign_id: str | None) -> str:
        """Return the number that the campaign's texts come from; without one, the shop's own."""
        return _own_number(campaign_id, self.places, "texts")

    def tracking_number(self, campaign_id: str) -> str:
        """Return the number that the campaign's texts ask to call."""
        return _own_number(campaign_id, self.places, "calls")


def meet(tables: Mapping[str, pd.DataFrame]) -> People:
    """Give everybody who opted in or was texted a number of their own.

    Raises
    ------
    ParameterError
        If there are more people than fictional numbers.
    """
    numbered = pd.concat([tables[name].customer_id for name in ("subscriptions", "messages")])
    ids = sorted(numbered.unique())
    places = {name: i for i, name in enumerate(tables["campaigns"].campaign_id)}
    own = 1 + len(_OF_CAMPAIGNS) * len(places)
    if len(ids) + own > N_NUMBERS:
        raise ParameterError(
            f"{len(ids):,} customers would need a telephone number, and there are {N_NUMBERS:,} "
            "fictional ones in North America: simulate fewer customers for exports (40,000 fit)"
        )
    return People({name: _number(i) for i, name in enumerate(ids)}, places)


def _own_number(campaign_id: str | None, places: Mapping[str, int], purpose: str) -> str:
    # The shop's numbers are counted from the other end.
    step = _OF_CAMPAIGNS.index(purpose)
    back = 0 if campaign_id is None else 1 + len(_OF_CAMPAIGNS) * places[campaign_id] + step
    return _number(N_NUMBERS - 1 - back)


def _number(place: int) -> str:
    area, line = divmod(place, _PER_AREA_CODE)
    return f"+1{_AREA_CODES[area]}55501{line:02d}"


def national(number: str) -> str:
    """Return a number of North America as people write it there.

    >>> national("+12025550142")
    '(202) 555-0142'
    """
    return f"({number[2:5]}) {number[5:8]}-{number[8:]}"
