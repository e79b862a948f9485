import { find } from '../../books.mjs';

/** A page that is rendered for each request. */
export async function getServerSideProps({ query }) {
  return { props: { books: find(query.q) } };
}

export default function Page({ books }) {
  return (
    <ul>
      {books.map(({ id, title }) => (
        <li key={id}>{title}</li>
      ))}
    </ul>
  );
}
