// Reads everything that the client of Backstage reads, and prints it as one JSON object.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { BitbucketCloudClient } = require('@backstage/plugin-bitbucket-cloud-common');

const client = BitbucketCloudClient.fromConfig({
  host: 'bitbucket.org',
  apiBaseUrl: process.env.BASE_URL,
  username: process.env.EMAIL,
  token: process.env.API_TOKEN,
});

async function all(list) {
  const items = [];
  for await (const item of list.iterateResults()) items.push(item);
  return items;
}

const found = await all(
  client.searchCode('acme', 'serve ext:go', {
    fields: '+values.file.commit.repository.project.key',
  }),
);
const paged = await all(client.searchCode('acme', 'replicas', {}, 2));
const repositories = await all(
  client.listRepositoriesByWorkspace('acme', { q: 'project.key="WEB"', sort: '-name' }),
);
const projects = await all(client.listProjectsByWorkspace('acme'));

console.log(
  JSON.stringify({
    found: found.map(r => r.file.commit.repository.full_name + ' ' + r.file.path),
    paged: paged.map(r => r.file.path),
    repositories: repositories.map(r => r.slug),
    projects: projects.map(p => p.key),
  }),
);
