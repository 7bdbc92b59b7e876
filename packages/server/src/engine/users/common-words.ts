/**
 * What people choose when they are asked for a password, as plain forms (lower case, letters for look-alike digits).
 * Each word stands for itself with anything short behind or before it (`monkey`, `Monkey1`, `monkey2024!`, `123monkey`), so that
 * the list is worth many thousands of passwords. Chosen from general knowledge of what such lists have at the top.
 */
const text = `
password passwords passwort passwd passphrase passw0rd parola senha contrasena motdepasse wachtwoord haslo heslo salasana
losenord kennwort geheim secret secreto secreta default changeme changeit change letmein letmeinnow welcome welcometo
willkommen bienvenue bienvenido benvenuto admin administrator administrador adminadmin root toor user username guest
test testing tester testtest testuser test1test demo sample example temp temporary tempo login logon signin master
mastermaster masterkey access accessdenied system server computer laptop desktop internet network security secure
private enter enterprise company office business manager service support helpdesk account accounts customer student
teacher school college university public backup database oracle mysql postgres microsoft windows google facebook
twitter youtube instagram whatsapp linkedin myspace yahoo hotmail gmail amazon apple iphone ipad android samsung
nokia blackberry motorola toshiba lenovo siemens cisco intel nvidia ubuntu linux debian fedora redhat
iloveyou iloveyoubaby ilovejesus ilovegod ilovehim iloveher ilovemom ilovemymom ilovemyself iloveme ilove lovelove
loveme lovely loveyou loveyouforever loverboy lovergirl lover lovers love forever foreverlove foreveryours always
mylove mybaby mylife mypassword myspace myself myfamily myangel mypass mysecret kisses kissme kissmyass hugs sweetheart sweetie
sweety sweet sweetness honey honeybee honeybun babygirl babyboy babydoll babyface baby babe babycakes princess prince
princesa principe queen kingking kingdom king angel angels angelito angelina angelica angelface devil devils lucifer
heaven heavenly paradise destiny dreams dreamer dream hope faith believe blessed blessing jesus jesuschrist jesuslives
christ christian christina christine christopher godisgood godislove godbless church bible trinity grace miracle
trustno trustnoone trustme trust nothing nothingness something anything everything everyone nobody somebody whatever
whatsup hello helloworld hellohello hellokitty hello1 hola bonjour ciao goodbye goodluck goodmorning goodtimes good
sunshine sunflower sunset sunday sunny sunrise summer summertime winter spring autumn january february march april
june july august september october november december monday tuesday wednesday thursday friday saturday
sommer fruhling herbst montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar dezember
rainbow raindrop rainyday rain snowball snowflake snowman snow storm stormy thunder lightning hurricane tornado
monkey monkeys monkeyboy monkeyman gorilla chimpanzee dragon dragons dragonball dragonfly dragonfire tiger tigers
tigger tiger1 lion lions lioness panther panthers leopard cheetah jaguar cougar puma kitty kitten kittens kittycat cat
cats catdog pussycat puppy puppies puppydog doggy doggie dog dogs bulldog bulldogs wolf wolves wolfpack werewolf
wolverine bear bears bearbear teddybear teddy polarbear panda pandas koala rabbit bunny bunnies hamster turtle turtles
dolphin dolphins shark sharks whale fish fishing goldfish butterfly butterflies bumblebee spider spiderman ladybug
scorpion scorpio snake snakes cobra viper python rattlesnake eagle eagles falcon falcons hawk hawks phoenix penguin
penguins pigeon chicken duck ducks horse horses pony mustang stallion unicorn unicorns elephant giraffe zebra
football footballer footbal fussball futbol soccer soccerball baseball basketball volleyball softball hockey tennis
golf golfer golfing cricket rugby racing racer runner running swimming swimmer skater skateboard skating surfer
surfing snowboard skiing boxing boxer wrestling wrestler karate judo bowling lacrosse gymnastics cheerleader
cheer dancer dancing dance champion champions winner winners warrior warriors fighter gladiator
arsenal chelsea liverpool manchester manutd manchesterunited tottenham everton barcelona realmadrid madrid juventus
milan inter bayern dortmund schalke celtic rangers benfica boca bocajuniors riverplate chivas america corinthians
flamengo palmeiras santos cowboys steelers packers patriots raiders redskins broncos giants dolphins49 lakers
celtics bulls yankees redsox cubs braves dodgers phillies cardinals mets
superman superwoman supergirl superstar super batman batgirl robin joker catwoman ironman spidey hulk thor captain
captainamerica avengers avenger deadpool wolverines xmen starwars startrek stargate skywalker darthvader vader yoda jedi
jedimaster lukeskywalker anakin chewbacca hansolo matrix terminator predator alien aliens godzilla kingkong
harrypotter hermione dumbledore gryffindor hogwarts voldemort gandalf frodo legolas aragorn lordoftherings hobbit
pokemon pikachu charizard digimon naruto sasuke sakura itachi hinata goku vegeta gohan bleach onepiece sailor
sailormoon mario luigi zelda sonic tetris minecraft fortnite roblox warcraft starcraft diablo halo doom quake
counterstrike callofduty worldofwarcraft leagueoflegends runescape playstation nintendo gameboy xbox gamer gamers
gaming games game player playboy snoopy garfield scooby scoobydoo mickey mickeymouse minnie donald donaldduck goofy
pluto bambi dumbo simba nemo shrek stitch tinkerbell tweety bugsbunny spongebob patrick pinky barbie cinderella
simpson simpsons homer bart family familyguy southpark beavis mulder scully
michael michelle michaeljordan jordan jennifer jessica jessie jasmine joshua justin justinbieber joseph johnny john
johndoe jonathan james jackson jackie jack janice jason jacob jeremy jerome jesse jimmy joanna joanne juan juanito
julia julian juliana juliet daniel daniela danielle danny david davidson dennis derek diana diego dominic dorothy
douglas andrea andreas andrew andrei andres angela anita anna annabelle anne annie anthony antonio arthur ashley ashton
austin amanda amber amelia alex alexander alexandra alexandre alexis alejandra alejandro alice alicia allison albert
alberto benjamin bernard bianca brandon brandy brian brianna brittany bryan barbara beatrice caitlin cameron camila
carlos carlitos carmen carol carolina caroline carlo cassandra cassie catherine charles charlie charlotte chelsea1
cheyenne chris chrissy cindy claire claudia clayton courtney crystal cynthia edward eduardo elizabeth ellen emily emma
enrique eric erica erika ernesto esteban esther ethan eugene evelyn felipe felicia fernanda fernando florence frances
francesco francis francisco frank frankie fred freddy frederic frederick gabriel gabriela gabriella gabrielle gary
george georgia gerald gerard gilbert gloria gonzalo gregory guillermo gustavo hannah harold harry harvey heather
hector helen henry howard hunter isabel isabella isabelle jaime javier jorge jose josefina kathleen kathryn katie
katrina kayla kelly kelsey kenneth kevin kimberly kristen kristin kristina kyle lauren laura lawrence leonardo leslie
lindsay lindsey lisa logan lorenzo louis louise lucas lucia luis madison manuel marcus margaret maria mariah mariana
marie marina mario1 marion mark marlon marshall martin martina martinez marvin mary mason matthew maurice maximus
maxwell megan melanie melissa melinda mercedes miguel miranda mitchell molly monica monique morgan nancy natalia
natalie natasha nathan nathaniel nicholas nicolas nicole nikita nikki norman oliver olivia oscar pablo pamela
patricia patrick1 paul paula pauline pedro peter philip phillip rachel ralph ramon raymond rebecca ricardo richard
robert roberto rodrigo rodriguez roger roland ronald ronaldo ronaldinho rosemary roxanne russell ryan sabrina samantha
samuel sandra sandy santiago sarah savannah scott sebastian sergio shannon sharon shawn sheila shelby sidney simon
sophia sophie stefan stephanie stephen steven stewart stuart susan sydney sylvia tamara tanya taylor teresa theresa
thomas tiffany timothy tommy travis trevor tyler valentina valentine valeria vanessa veronica victor victoria
vincent virginia vivian walter wendy wesley whitney william williams winston xavier yolanda yvonne zachary
alexey andrey dmitry ivan natasha1 olga oleg sergey svetlana tatiana vladimir yuri katya masha
banana bananas orange oranges apples apple1 cherry cherries strawberry blueberry blackberry1 raspberry peaches peach
pineapple watermelon coconut mango lemon lemonade pumpkin pepper peppers peppermint ginger cinnamon sugar spice
cookie cookies cookiemonster chocolate chocolat choco candy candyland candycane cupcake cheese cheesecake cheeseburger
pizza pasta spaghetti burger hamburger sandwich bacon butter peanut peanuts popcorn pancake muffin muffins brownie
brownies vanilla caramel coffee espresso latte coca cocacola pepsi sprite mountaindew drpepper redbull heineken
budweiser whiskey vodka tequila beer wine guinness jackdaniels jager smirnoff corona
blue bluebird blueeyes bluesky black blackie blackjack blackcat blackbird blackberry blacklabel red redrose redhead
green greenday greenbay purple yellow pink pinkpink orange1 silver silverado gold golden goldie white whitney1 brown
diamond diamonds emerald ruby sapphire pearl crystal1 jewel treasure fortune lucky luckyone luckystar money
moneymaker cash dollar dollars million millionaire billion richie
mustang1 corvette camaro porsche ferrari lamborghini mercedes1 mercedesbenz bmwbmw audi volkswagen toyota honda
hondacivic civic nissan subaru suzuki yamaha kawasaki ducati harley harleydavidson chevrolet chevy ford fordf150 dodge
jeep hummer trucker truck trucks train trains airplane airborne aviation pilot driver yankee rocket rockets rocky
rockstar rocknroll rock guitar guitarist bass drummer drums piano violin music musica musical musician metal metallica
slipknot nirvana acdc ironmaiden megadeth korn linkinpark linkin blink182 eminem tupac biggie rapper hiphop beatles
elvis madonna britney shakira rihanna beyonce jonasbrothers jonas onedirection mcfly greenday1 coldplay queen1 pinkfloyd
ledzeppelin zeppelin rollingstones bobmarley marley marlboro newport camel
killer killers killerbee kill murder assassin sniper shooter gunner soldier marine marines army navy airforce ranger
commander general sergeant pirate pirates ninja ninjas samurai shadow shadows phantom ghost ghostrider vampire vampires
twilight zombie zombies demon demons monster monsters beast beastmode freedom liberty america1 american usa usarmy
england london paris france berlin germany deutschland russia moscow italia italy roma spain espana mexico brasil brazil
argentina colombia chile peru canada australia newyork newyorkcity california texas florida chicago boston dallas
houston denver phoenix1 atlanta miami seattle hawaii jamaica india pakistan bangladesh indonesia philippines pilipinas
china taiwan japan korea vietnam turkey istanbul ankara egypt africa nigeria
asshole asdf asdfasdf asdfjkl bastard bitch bitches biteme bullshit fuck fucker fuckers fuckme fuckoff fuckyou fuckyou2
fuckit fuckthis motherfucker shit shithead dickhead dick pussy sex sexsex sexy sexybitch sexygirl sexyboy sexylady sexyme
sexymama hotstuff hottie hotgirl hotdog hotrod hooters boobs tits penis naked porn playgirl slut whore
gangster gangsta gangstar thug thuglife pimp pimpin player1 playa hustler hacker hackers hacking crazy crazygirl psycho
stupid stupidity idiot dumbass loser losers lonely sadness happy happyday happyness smile smiley smiling laugh funny
cool coolcat coolguy coolman coolness awesome amazing beautiful beauty pretty gorgeous handsome cutie cutiepie cute
flower flowers rose roses rosebud daisy lily violet orchid tulip jasmine1 lavender cherokee apache geronimo
mother mommy mom mama mamapapa mamamia father daddy daddysgirl dad papa parents sister sisters brother brothers
grandma grandpa family1 familia friend friends friendship bestfriend bestfriends amigos amigo children child kids
boyfriend girlfriend husband wife marriage married wedding birthday happybirthday christmas halloween easter newyear
valentines anniversary holiday vacation party partytime weekend freedom1 peace peaceful peaceandlove hippie
buster buddy buddyboy bubba bubbles bubblegum rusty rocky1 lucky1 max maxmax maggie bailey bandit bella benji biscuit
boomer bonnie boots brandy1 brutus buffy casper champ chance chester chico chloe cleopatra cocoa cooper copper daisydog
dakota dexter duke dusty elvis1 felix fluffy fluff gizmo gracie gunner1 hercules jasper jake jakejake joey kobe kobebryant
lady lassie lola louie luna merlin midnight mickey1 milo misty mittens molly1 muffin1 murphy nala oreo patches peanut1
pebbles pepper1 pookie princess1 puppylove ranger1 rascal rex riley romeo roxy rufus sadie sam samson sammy sassy scooter
scrappy shadow1 sheba simba1 smokey smoky snickers snuggles sophie1 sparky spike spot stella tank taz tinker toby trigger
tucker whiskers willow winnie winniethepooh zeus ziggy zoey
phantom1 qwerty qwertyu qwertyui qwertyuiop qwert qwer qwerasdf qwertz qwertzuiop azerty azertyuiop asdfgh asdfghj asdfghjk
asdfghjkl zxcvbn zxcvbnm zxcv zxcvb qazwsx qazwsxedc qazxsw qweasd qweasdzxc wasd wsxedc poiuytrewq lkjhgfdsa mnbvcxz
abcd abcde abcdef abcdefg abcdefgh abcabc abc xyz xyzzy aaa aaaa bbbb xxxx zzzz foobar foobarbaz blahblah blah
lorem loremipsum hunter2 correct sesame opensesame abracadabra hocuspocus magic magical magician wizard sorcerer
mystery mystic myst unknown secret1 topsecret classified agent agent007 jamesbond bond spy genius einstein newton
galileo mozart beethoven picasso shakespeare napoleon caesar alexander1 cleopatra1 spartan spartans trojan trojans
viking vikings knight knights goldeneye excalibur camelot arthur1 lancelot avalon atlantis olympus apollo zeus1
poseidon athena artemis mercury venus earth mars jupiter saturn uranus neptune moon moonlight moonshine star stars
starlight stardust starfish galaxy universe planet cosmos eclipse comet nebula solar lunar ocean seaside island
mountain mountains river forest desert beach sand sandman water waterfall waterloo fire firefly firebird firefox flame
flames ice iceman icecream iceberg cold coldfire wind windy sky skyline skylark cloud clouds nature garden gardener
cancer taurus gemini virgo libra sagittarius capricorn aquarius pisces aries
stalker hunter1 fisher fisherman farmer doctor nurse lawyer engineer police policeman firefighter fireman plumber
carpenter mechanic chef baker butcher builder captain1 sailor1 pilot1 trader banker writer reader artist actor actress
model singer director producer designer developer programmer sysadmin sysop operator engineer1 scientist professor
letmesee letmego opendoor openup open close closed remember forget forgot forgotten forgetmenot noname nopassword
nopass pass passme passpass pass1 passthis passport keyboard mouse monitor printer internet1 website webmaster webpage
email mail mailbox message phone telephone mobile cellphone camera video movie movies television radio nokia1
`

/** All of them, once each. */
export const commonWords: ReadonlySet<string> = new Set(text.split(/\s+/).filter((word) => word !== ""))
